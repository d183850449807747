package io.graft.runtime;

import java.nio.file.Path;

/** The folder for everything that Graft can compute or download again. */
public final class CacheFolder {

  private CacheFolder() {}

  /**
   * Returns the folder that {@code GRAFT_HOME} names, or else {@code graft} in the platform's cache
   * folder. It need not exist yet.
   */
  public static Path path() {
    return path(HostEnvironment.current());
  }

  static Path path(HostEnvironment host) {
    String named = host.variable("GRAFT_HOME");
    if (named != null) {
      return Path.of(named).toAbsolutePath().normalize();
    }
    Path home = Path.of(host.properties().apply("user.home"));
    if (!home.isAbsolute()) {
      // Without a home folder, Java says "?". Debian uses this path for such users.
      home = Path.of("/nonexistent");
    }
    return switch (host.os()) {
      case MAC -> home.resolve("Library").resolve("Caches").resolve("graft");
      case WINDOWS -> {
        String local = host.variable("LOCALAPPDATA");
        Path base = local == null ? home.resolve("AppData").resolve("Local") : Path.of(local);
        yield base.resolve("graft");
      }
      default -> {
        // The XDG base directory specification says to ignore relative paths.
        String cache = host.variable("XDG_CACHE_HOME");
        boolean usable = cache != null && Path.of(cache).isAbsolute();
        yield (usable ? Path.of(cache) : home.resolve(".cache")).resolve("graft");
      }
    };
  }
}
