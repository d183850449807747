package io.graft.cli.options.data;

import io.graft.cli.report.Console;
import io.graft.runtime.BadDataException;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileFailure;
import io.graft.runtime.Folders;
import io.graft.runtime.OutputException;
import io.graft.runtime.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * A zip or tar archive of images, unpacked to a folder of Graft's cache. The folder gets its name
 * when it is whole, so that later commands use it again.
 *
 * <p>Nothing but files and folders is made, so no entry can reach out of the folder by a link.
 */
final class ArchiveFolder {

  private static final List<String> TAR = List.of(".tar", ".tar.gz", ".tgz");
  private static final long MOST_BYTES = 200L << 30;
  private static final int MOST_ENTRIES = 5_000_000;
  private static final int ROOM_BYTES = 64 << 20;

  private final Path archive;
  private final Path target;
  private final byte[] piece = new byte[1 << 16];
  private final List<String> passedOver = new ArrayList<>();
  private int entries;
  private int files;
  private long bytes;

  private ArchiveFolder(Path archive, Path target) {
    this.archive = archive;
    this.target = target;
  }

  /** Returns the folder with what an archive holds; the path itself if it is no archive. */
  static Path of(Path path, Console console) {
    String name = path.getFileName() == null ? "" : path.getFileName().toString();
    String lower = name.toLowerCase(Locale.ROOT);
    boolean tar = TAR.stream().anyMatch(lower::endsWith);
    if (!Files.isRegularFile(path) || !(tar || lower.endsWith(".zip"))) {
      return path;
    }
    Path target = Folders.cache().resolve("archives").resolve(key(path, name));
    UnpackedFolder unpacked = new UnpackedFolder(target);
    if (!unpacked.isWhole()) {
      DurableFiles.deleteQuietly(target);
      new ArchiveFolder(path, target).unpack(tar, !lower.endsWith(".tar"), console);
      unpacked.requireWhole();
    }
    console.note("%s: taken from %s".formatted(path, target));
    try {
      return unpacked.inner();
    } catch (IOException e) {
      throw damaged(target, FileFailure.reason(e), e);
    }
  }

  /** Returns a name that changes with the archive. */
  private static String key(Path path, String name) {
    try {
      BasicFileAttributes state = Files.readAttributes(path, BasicFileAttributes.class);
      String what = path.toRealPath() + "\n" + state.size() + "\n" + state.lastModifiedTime();
      return name + "-" + new Sha256().add(what).hex().substring(0, 16);
    } catch (IOException e) {
      throw damaged(path, FileFailure.reason(e), e);
    }
  }

  private void unpack(boolean tar, boolean compressed, Console console) {
    try {
      write(tar, compressed);
    } catch (OutputException e) {
      throw new OutputException(e.getMessage() + " GRAFT_HOME names the place of the cache.", e);
    }
    console.note("%s: unpacked %d files".formatted(archive, files));
    if (!passedOver.isEmpty()) {
      console.note(
          "%s: passed over %d links and special files: %s"
              .formatted(
                  archive,
                  passedOver.size(),
                  String.join(", ", passedOver.subList(0, Math.min(5, passedOver.size())))));
    }
  }

  private void write(boolean tar, boolean compressed) {
    DurableFiles.writeNewFolder(
        target,
        folder -> {
          Files.createDirectory(folder);
          if (tar) {
            unpackTar(folder, compressed);
          } else {
            unpackZip(folder);
          }
          if (!target.endsWith(key(archive, archive.getFileName().toString()))) {
            throw refused("it was changed while it was read");
          }
          UnpackedFolder.seal(folder);
        });
  }

  private void unpackZip(Path folder) throws IOException {
    try (ZipFile zip = reading(() -> ZipFile.builder().setPath(archive).get())) {
      for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
        String name = name(entry);
        Path file = place(folder, name, entry.isDirectory() || name.endsWith("/"));
        if (file != null) {
          unpackEntry(zip, entry, name, file);
        }
      }
    }
  }

  private void unpackEntry(ZipFile zip, ZipArchiveEntry entry, String name, Path file)
      throws IOException {
    if (entry.isUnixSymlink()) {
      passedOver.add(name);
      return;
    } else if (entry.getGeneralPurposeBit().usesEncryption()) {
      throw refused("%s is encrypted", name);
    } else if (!zip.canReadEntryData(entry)) {
      throw refused("%s is compressed in a way that is not read", name);
    }
    try (InputStream data = reading(() -> zip.getInputStream(entry))) {
      if (copy(data, file) != entry.getCrc()) {
        throw refused("the checksum of %s is wrong", name);
      }
    }
  }

  /** Returns the name of an entry. Many programs write UTF-8 without saying so in the entry. */
  private String name(ZipArchiveEntry entry) throws IOException {
    byte[] raw = entry.getRawName();
    String name = entry.getName();
    if (!entry.getGeneralPurposeBit().usesUTF8ForNames() && raw != null) {
      try {
        name = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw)).toString();
      } catch (CharacterCodingException e) {
        name = new String(raw, Charset.forName("IBM437"));
      }
    }
    return name.replace('\\', '/');
  }

  private void unpackTar(Path folder, boolean compressed) throws IOException {
    try (InputStream file = reading(() -> Files.newInputStream(archive));
        TarEnd plain =
            new TarEnd(compressed ? reading(() -> new GZIPInputStream(file, 1 << 16)) : file);
        TarArchiveInputStream tar = new TarArchiveInputStream(plain, "UTF-8")) {
      TarArchiveEntry entry;
      while ((entry = reading(tar::getNextEntry)) != null) {
        String name = entry.getName();
        Path to = place(folder, name, entry.isDirectory());
        if (to != null && isSpecial(entry)) {
          passedOver.add(name);
        } else if (to != null) {
          copy(tar, to);
        }
      }
      // The checksum of gzip is at its end.
      reading(() -> plain.transferTo(OutputStream.nullOutputStream()));
      if (entries == 0) {
        throw refused("it is empty or no tar archive");
      } else if (plain.zeros() < TarEnd.BYTES) {
        throw refused("it is cut off");
      }
    }
  }

  private static boolean isSpecial(TarArchiveEntry entry) {
    return entry.isSymbolicLink()
        || entry.isLink()
        || entry.isFIFO()
        || entry.isCharacterDevice()
        || entry.isBlockDevice()
        || entry.isSparse();
  }

  /**
   * Returns where an entry goes, with the folders that it is in; null for a folder and for what
   * systems leave in archives.
   */
  private Path place(Path folder, String name, boolean isFolder) throws IOException {
    if (++entries > MOST_ENTRIES) {
      throw refused("it has more than %s entries", MOST_ENTRIES);
    }
    List<String> parts =
        Stream.of(name.split("/")).filter(part -> !part.isEmpty() && !part.equals(".")).toList();
    if (name.startsWith("/")
        || name.matches("[A-Za-z]:.*")
        || name.indexOf('\0') >= 0
        || parts.contains("..")) {
      throw refused("%s in it leads out of the archive", name);
    }
    if (parts.isEmpty()
        || parts.contains("__MACOSX")
        || parts.get(0).equals(UnpackedFolder.SUMMARY)) {
      return null;
    }
    Path to = resolved(folder, parts);
    Path parent = isFolder ? to : to.getParent();
    boolean clash = isFolder ? Files.isRegularFile(to) : Files.isDirectory(to);
    for (Path each = parent; !each.equals(folder); each = each.getParent()) {
      clash |= Files.isRegularFile(each);
    }
    if (clash || !to.startsWith(folder)) {
      throw refused("%s in it is both a file and a folder", name);
    }
    Files.createDirectories(parent);
    return isFolder ? null : to;
  }

  private Path resolved(Path folder, List<String> parts) {
    try {
      return folder.resolve(String.join("/", parts)).normalize();
    } catch (InvalidPathException e) {
      throw refused("%s in it is no name on this machine", String.join("/", parts));
    }
  }

  /** Writes one file, and returns the CRC-32 of its bytes. */
  private long copy(InputStream data, Path file) throws IOException {
    CRC32 sum = new CRC32();
    Files.deleteIfExists(file);
    try (OutputStream out = Files.newOutputStream(file)) {
      int count;
      while ((count = reading(() -> data.read(piece))) >= 0) {
        if (bytes / ROOM_BYTES != (bytes + count) / ROOM_BYTES || bytes == 0) {
          Optional<String> lack =
              Folders.lackOfRoom(file, Math.min(ROOM_BYTES, Files.size(archive)));
          if (lack.isPresent()) {
            throw new IOException(lack.get());
          }
        }
        bytes += count;
        if (bytes > MOST_BYTES) {
          throw refused("it unpacks to more than %s GiB", MOST_BYTES >> 30);
        }
        sum.update(piece, 0, count);
        out.write(piece, 0, count);
      }
    }
    files++;
    return sum.getValue();
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  /** Reads from the archive; an error is then in it, and not in the place that is written. */
  private <T> T reading(Reading<T> code) {
    try {
      return code.read();
    } catch (IOException | IllegalArgumentException e) {
      String reason = e instanceof IOException io ? FileFailure.reason(io) : e.getMessage();
      throw damaged(archive, reason, e);
    }
  }

  private static BadDataException damaged(Path archive, String reason, Exception cause) {
    return new BadDataException(
        ("The archive %s cannot be read: %s. Expected a whole zip or tar archive of class folders;"
                + " copy it again, or unpack it and name the folder.")
            .formatted(archive, reason),
        cause);
  }

  @SuppressWarnings("AnnotateFormatMethod") // The annotation is not among the dependencies.
  private BadDataException refused(String reason, Object... values) {
    return damaged(archive, reason.formatted(values), null);
  }
}
