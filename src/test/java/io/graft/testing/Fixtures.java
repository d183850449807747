package io.graft.testing;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** The files under {@code golden}, as files. */
public final class Fixtures {

  private Fixtures() {}

  /** The path of {@code golden/NAME}. */
  public static Path path(String name) {
    URL url = Fixtures.class.getResource("/golden/" + name);
    if (url == null) {
      throw new IllegalArgumentException("no fixture " + name);
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
