package io.graft.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A shared library that Graft's build compiled and put into the jar, for the platform of the build.
 * The system loads libraries from files only, so it is copied: into Graft's cache folder, under a
 * name with its digest, or else into a temporary folder of this user. A copy is never changed.
 */
public final class BundledLibrary {

  /** The environment variable that turns bundled libraries off. */
  public static final String VARIABLE = "GRAFT_NATIVE";

  private static final Set<String> OFF = Set.of("off", "0", "false", "no");

  /** The number of the digest's digits in a name. */
  private static final int DIGITS = 16;

  private final String name;
  private final HostEnvironment host;

  /** Creates a library with this name, without the system's prefix and suffix. */
  public BundledLibrary(String name) {
    this(name, HostEnvironment.current());
  }

  BundledLibrary(String name, HostEnvironment host) {
    this.name = name;
    this.host = host;
  }

  /**
   * Copies the library, if needed, and loads it.
   *
   * @param loader what loads a library from a file; a {@link LinkageError} from it lets the next
   *     place be tried, as files of some folders must not be executed
   * @return why it was not loaded; empty on success
   */
  public Optional<String> load(Consumer<Path> loader) {
    String variable = host.variable(VARIABLE);
    if (variable != null && OFF.contains(variable.toLowerCase(Locale.ROOT))) {
      return Optional.of("turned off by the environment variable " + VARIABLE);
    }
    String resource = "/native/" + host.classifier() + "/" + host.fileNameOf(name);
    byte[] content;
    try (InputStream stream = BundledLibrary.class.getResourceAsStream(resource)) {
      if (stream == null) {
        return Optional.of("not in this build of Graft for " + host.classifier());
      }
      content = stream.readAllBytes();
    } catch (IOException e) {
      return Optional.of("cannot be read from Graft's jar: " + FileFailure.reason(e));
    }
    return load(content, loader);
  }

  /** Loads a library of this content. */
  Optional<String> load(byte[] content, Consumer<Path> loader) {
    List<String> reasons = new ArrayList<>();
    try {
      loader.accept(inCache(content));
      return Optional.empty();
    } catch (OutputException | LinkageError e) {
      reasons.add(e.getMessage());
    }
    try {
      Path folder = DurableFiles.temporaryFolder("graft-native-");
      Path file = folder.resolve(host.fileNameOf(name));
      Files.write(file, content);
      loader.accept(file);
      return Optional.empty();
    } catch (IOException e) {
      reasons.add(FileFailure.reason(e));
    } catch (LinkageError e) {
      reasons.add(e.getMessage());
    }
    return Optional.of("cannot be loaded: " + String.join("; ", reasons));
  }

  private Path inCache(byte[] content) {
    String digest = Sha256.of(content);
    Path file =
        Folders.cache(host)
            .resolve("native")
            .resolve(host.fileNameOf(name + "-" + digest.substring(0, DIGITS)));
    if (!digest.equals(digest(file))) {
      DurableFiles.writeFile(file, copy -> Files.write(copy, content));
    }
    return file;
  }

  /** Returns a file's digest, or an empty text if it cannot be read. */
  private static String digest(Path file) {
    try {
      return Files.isRegularFile(file) ? Sha256.of(Files.readAllBytes(file)) : "";
    } catch (IOException e) {
      return "";
    }
  }
}
