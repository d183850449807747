package io.graft.fetch;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileFailure;
import io.graft.runtime.OutputException;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The part of a file that has arrived, and its digest. The part outlives the process, so that the
 * next process continues at its end. Only the holder of the slot's lock opens it.
 */
final class PartFile implements Closeable {

  private static final int BUFFER_BYTES = 1 << 20;

  private final CacheSlot slot;
  private final FetchSettings.Disk disk;
  private final FileChannel channel;
  private final MessageDigest digest;
  private long length;
  private int pieces;
  private boolean found;

  private PartFile(CacheSlot slot, FetchSettings.Disk disk, FileChannel channel) {
    this.slot = slot;
    this.disk = disk;
    this.channel = channel;
    this.digest = slot.published().digest().start();
  }

  /** Opens the part that an earlier process left, or creates an empty one. */
  static PartFile open(CacheSlot slot, FetchSettings.Disk disk) throws FetchFailure {
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              slot.part(),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      PartFile part = new PartFile(slot, disk, channel);
      part.digestWhatIsThere();
      return part;
    } catch (IOException e) {
      if (channel != null) {
        closeQuietly(channel);
      }
      throw cannot("open", slot, e);
    }
  }

  private void digestWhatIsThere() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    long end = channel.size();
    while (length < end && channel.read(buffer) >= 0) {
      length += buffer.position();
      digest.update(buffer.flip());
      buffer.clear();
    }
    found = length > 0;
  }

  /** Returns how many bytes have arrived. */
  long length() {
    return length;
  }

  /** Returns whether the bytes come from an earlier process or from several responses. */
  boolean isPatched() {
    return found || pieces > 1;
  }

  /** Returns the whole digest of the bytes that have arrived. */
  String hex() {
    try {
      return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("Every Java platform's digests can be copied", e);
    }
  }

  /** Notes that the next bytes come from another response. */
  void beginPiece() {
    pieces++;
  }

  /** Writes bytes at the end. */
  void append(ByteBuffer bytes) throws FetchFailure {
    ByteBuffer view = bytes.duplicate();
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes, length + bytes.position() - view.position());
      }
    } catch (IOException e) {
      try {
        // Some bytes of the buffer may have been written, but the digest does not cover them.
        channel.truncate(length);
      } catch (IOException again) {
        // The next process hashes the whole part, so it detects the damage.
      }
      throw cannotWrite(e);
    }
    length += view.remaining();
    digest.update(view);
  }

  /** Drops the bytes that have arrived. */
  void restart() throws FetchFailure {
    digest.reset();
    length = 0;
    pieces = 0;
    found = false;
    DurableFiles.deleteQuietly(slot.partOrigin());
    try {
      channel.truncate(0);
    } catch (IOException e) {
      throw cannot("empty", slot, e);
    }
  }

  /** Gives the file its final name. The caller has checked the digest. */
  void publish() throws FetchFailure {
    try {
      channel.force(true);
      // Windows cannot rename an open file.
      channel.close();
      Files.move(slot.part(), slot.file(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw cannot("finish", slot, e);
    }
    DurableFiles.deleteQuietly(slot.partOrigin());
  }

  /** Stores the address and the version of the bytes for the next process. */
  void remember(URI address, Optional<String> validator) {
    if (validator.isEmpty()) {
      return;
    }
    String text = Addresses.shown(address) + "\n" + validator.get() + "\n";
    try {
      DurableFiles.writeFile(slot.partOrigin(), path -> Files.writeString(path, text));
    } catch (OutputException e) {
      // Without this note, only the digest detects a changed file, which happens later.
      DurableFiles.deleteQuietly(slot.partOrigin());
    }
  }

  /** Returns the version of the bytes, if it is known and they came from this address. */
  Optional<String> validator(URI address) {
    try {
      List<String> lines = Files.readAllLines(slot.partOrigin());
      return lines.size() == 2 && lines.get(0).equals(Addresses.shown(address))
          ? Optional.of(lines.get(1))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Keeps what has arrived, and deletes an empty file. */
  @Override
  public void close() {
    boolean wasOpen = channel.isOpen();
    closeQuietly(channel);
    if (wasOpen && length == 0) {
      DurableFiles.deleteQuietly(slot.part());
      DurableFiles.deleteQuietly(slot.partOrigin());
    }
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // Every written byte is checked by the digest before use, so this failure does no harm.
    }
  }

  private static FetchFailure cannot(String verb, CacheSlot slot, IOException failure) {
    return new FetchFailure(
        FetchFailure.Next.FATAL,
        ("cannot %s %s: %s; expected a folder with write permission. Name another one in"
                + " GRAFT_HOME.")
            .formatted(verb, slot.part(), FileFailure.reason(failure)),
        failure);
  }

  private FetchFailure cannotWrite(IOException failure) {
    String reason = FileFailure.reason(failure);
    long usable;
    try {
      usable = disk.usableBytes(slot.part().getParent());
    } catch (IOException e) {
      return cannot("write", slot, failure);
    }
    if (usable >= BUFFER_BYTES && !reason.contains("No space left")) {
      return cannot("write", slot, failure);
    }
    String message =
        ("the disk is full: %s, %s bytes free for %s. Make room there, or name another folder in"
                + " GRAFT_HOME.")
            .formatted(reason, usable, slot.part());
    return new FetchFailure(FetchFailure.Next.FATAL, message, failure);
  }
}
