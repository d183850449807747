package io.graft.runtime;

import java.util.Locale;
import java.util.function.Function;

/**
 * The environment variables and system properties that this package reads.
 *
 * @param variables returns an environment variable by its name, or null if it is not set
 * @param properties returns a Java system property by its name, or null if it is not set
 */
record HostEnvironment(Function<String, String> variables, Function<String, String> properties) {

  /** Operating systems that Graft distinguishes. */
  enum Os {
    LINUX,
    MAC,
    WINDOWS,
    OTHER
  }

  static HostEnvironment current() {
    return new HostEnvironment(System::getenv, System::getProperty);
  }

  /** Returns an environment variable, or null if it is missing or empty. */
  String variable(String name) {
    return emptyToNull(variables.apply(name));
  }

  /** Returns a setting as DJL reads it: an environment variable, or else a system property. */
  String djlSetting(String name) {
    String variable = variables.apply(name);
    return emptyToNull(variable == null ? properties.apply(name) : variable);
  }

  Os os() {
    String name = String.valueOf(properties.apply("os.name")).toLowerCase(Locale.ROOT);
    if (name.startsWith("linux")) {
      return Os.LINUX;
    } else if (name.startsWith("mac")) {
      return Os.MAC;
    } else if (name.startsWith("win")) {
      return Os.WINDOWS;
    }
    return Os.OTHER;
  }

  /** Returns DJL's name for this platform in its native artifacts, such as {@code linux-x86_64}. */
  String classifier() {
    String prefix =
        switch (os()) {
          case LINUX -> "linux";
          case MAC -> "osx";
          case WINDOWS -> "win";
          case OTHER -> properties.apply("os.name");
        };
    String arch = properties.apply("os.arch");
    return prefix + "-" + ("amd64".equals(arch) ? "x86_64" : arch);
  }

  /** Returns a shared library's file name, on Linux {@code libtorch.so} for {@code torch}. */
  String fileNameOf(String name) {
    return switch (os()) {
      case WINDOWS -> name + ".dll";
      case MAC -> "lib" + name + ".dylib";
      default -> "lib" + name + ".so";
    };
  }

  private static String emptyToNull(String value) {
    return value == null || value.isEmpty() ? null : value;
  }
}
