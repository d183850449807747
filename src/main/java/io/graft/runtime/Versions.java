package io.graft.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The versions of Graft and of the libraries that Graft is built and tested with. */
public final class Versions {

  private static final Properties PROPERTIES = read();

  private Versions() {}

  /** Returns Graft's version, such as {@code 0.1.0}. */
  public static String graft() {
    return get("graft");
  }

  /** Returns the version of DJL's API. */
  public static String djlApi() {
    return get("djl.api");
  }

  /** Returns the version of DJL's PyTorch engine. */
  public static String djlEngine() {
    return get("djl.engine");
  }

  /** Returns the only libtorch version that the engine's native bridge supports. */
  public static String libtorch() {
    return get("libtorch");
  }

  private static String get(String key) {
    String value = PROPERTIES.getProperty(key);
    if (value == null) {
      throw new IllegalStateException("versions.properties has no entry " + key);
    }
    return value;
  }

  private static Properties read() {
    Properties properties = new Properties();
    try (InputStream in = Versions.class.getResourceAsStream("versions.properties")) {
      if (in == null) {
        throw new IllegalStateException("versions.properties is missing next to " + Versions.class);
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties;
  }
}
