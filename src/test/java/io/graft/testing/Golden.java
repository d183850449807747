package io.graft.testing;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** Where the fixtures of {@code golden} lie as files. */
public final class Golden {

  private Golden() {}

  /** The path of a fixture, such as {@code tiny_vgg16_zip.pth}. */
  public static Path path(String name) {
    try {
      return Path.of(Golden.class.getResource("/golden").toURI()).resolve(name).normalize();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
