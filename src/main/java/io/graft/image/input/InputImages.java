package io.graft.image.input;

import io.graft.image.Augmentation;
import io.graft.image.BadImageException;
import io.graft.image.InputSpec;
import io.graft.image.InputView;
import io.graft.image.RgbImage;
import io.graft.image.codec.ImageDecoder;
import io.graft.runtime.BundledLibrary;
import io.graft.runtime.Doctor.Finding;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * How image files become input pixels of a network. Many threads may use it. The bytes are the same
 * with and without Graft's C library.
 *
 * @param spec the network's input
 * @param maxPixels the most pixels of an image; larger ones are refused
 */
public record InputImages(InputSpec spec, long maxPixels) {

  private static final AtomicBoolean SAID = new AtomicBoolean();

  /**
   * Checks that this machine can decode as the input spec says.
   *
   * @throws io.graft.runtime.DeviceException if it cannot decode fast
   */
  public InputImages {
    FastDecoding.require(spec.decode(), note -> {});
  }

  /** Creates a way to the input that refuses what {@link ImageDecoder#MAX_PIXELS} does. */
  public InputImages(InputSpec spec) {
    this(spec, ImageDecoder.MAX_PIXELS);
  }

  /** Reports whether the C library is used on this machine, and what is missing. */
  public static Finding library() {
    return NativeImages.description()
        .map(text -> Finding.ok("image library", "Graft's own, with " + text))
        .orElseGet(
            () -> {
              String absence = NativeImages.absence().orElseThrow();
              return Finding.warning(
                  "image library",
                  "images are decoded by Java, in more than twice the time: Graft's native image"
                      + " library is "
                      + absence,
                  absence.contains(BundledLibrary.VARIABLE)
                      ? "Do not set " + BundledLibrary.VARIABLE + "."
                      : "Build Graft where a C compiler and libjpeg-turbo's headers are (Debian,"
                          + " Ubuntu: apt install gcc libjpeg-dev; Fedora: dnf install gcc"
                          + " libjpeg-turbo-devel; macOS: brew install jpeg-turbo).");
            });
  }

  /** Returns why the C library is not used; empty if it is. */
  public static Optional<String> absence() {
    return NativeImages.absence();
  }

  /** Says that the C library is not used, once in this process. */
  public static void sayAbsence(Consumer<String> notes) {
    if (absence().isPresent() && !SAID.getAndSet(true)) {
      notes.accept(
          "Images are decoded by Java: Graft's native image library is " + absence().get() + ".");
    }
  }

  /**
   * Opens a file, to make views of it.
   *
   * @throws BadImageException as {@link ImageDecoder#content}
   */
  public OpenImage open(Path file) throws BadImageException {
    OpenImage image = new OpenImage(this);
    try {
      return image.with(ImageDecoder.content(file, image::buffer));
    } catch (BadImageException | RuntimeException | Error e) {
      image.close();
      throw e;
    }
  }

  /**
   * Writes the plain image of a file at the buffer's position, which advances.
   *
   * @param destination the direct buffer for uint8 HWC RGB, shape (height, width, 3)
   * @throws BadImageException as {@link ImageDecoder#content} and {@link ImageDecoder#decode}
   */
  public void write(Path file, ByteBuffer destination) throws BadImageException {
    try (OpenImage image = open(file)) {
      image.add(Augmentation.NONE, 0);
      image.write(destination);
    }
  }

  /**
   * Writes the plain image of a file's content, as {@link #write(Path, ByteBuffer)} does.
   *
   * @throws BadImageException as {@link ImageDecoder#decode}
   */
  public void write(byte[] encoded, ByteBuffer destination) throws BadImageException {
    try (OpenImage image = new OpenImage(this)) {
      image.with(image.buffer(encoded.length).put(encoded).flip());
      image.add(Augmentation.NONE, 0);
      image.write(destination);
    }
  }

  /** Writes a decoded image, as {@link #write(Path, ByteBuffer)} does. */
  public void write(RgbImage image, ByteBuffer destination) {
    InputView view = InputView.of(spec, image.width(), image.height(), Augmentation.NONE, 0);
    if (NativeImages.isPresent() && destination.isDirect()) {
      try (Workspace workspace = Workspace.take()) {
        if (workspace.write(image, List.of(view), destination)) {
          return;
        }
      }
    }
    view.write(image, destination);
  }
}
