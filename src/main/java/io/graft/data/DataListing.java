package io.graft.data;

import io.graft.runtime.Sha256;
import java.io.IOException;
import java.nio.file.Files;

/** What a set of labelled images is made of, as one digest. */
public final class DataListing {

  private DataListing() {}

  /**
   * The SHA-256 over every image's relative path, classes, size in bytes and view, in order. Tells
   * sets apart without reading the images; a picture that was edited and kept its size is not
   * noticed.
   */
  public static String sha256(LabeledImages images) {
    Sha256 digest = new Sha256();
    for (LabeledImage image : images.images()) {
      digest.add(images.relativePath(image) + "\0");
      images.classesOf(image).forEach(label -> digest.add(images.classes().get(label) + "\0"));
      digest.add(
          sizeInBytes(image)
              + (image.view().isPlain() ? "" : "\0" + image.view().canonical())
              + "\n");
    }
    return digest.hex();
  }

  private static long sizeInBytes(LabeledImage image) {
    try {
      return Files.size(image.path());
    } catch (IOException e) {
      // An image that cannot be read is named where it is decoded.
      return -1;
    }
  }
}
