package io.graft.data;

import io.graft.runtime.Sha256;
import java.io.IOException;
import java.nio.file.Files;

/** The digest of a set of labelled images. */
public final class DataListing {

  private DataListing() {}

  /**
   * Returns the SHA-256 over the relative path, classes, size in bytes and view of every image, in
   * order. It does not read the images, so it misses an edit that keeps the size of a file.
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
      // The size is unknown. The decoder reports the file later.
      return -1;
    }
  }
}
