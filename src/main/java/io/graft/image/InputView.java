package io.graft.image;

import java.nio.ByteBuffer;

/**
 * One view of an upright image, as numbers: a box of the image gets a size, and a window of the
 * result is the view. It does not depend on the program that computes it.
 *
 * @param boxLeft the first column of the box
 * @param boxTop the first row of the box
 * @param boxWidth the columns of the box
 * @param boxHeight the rows of the box
 * @param resizedWidth the columns that the box gets
 * @param resizedHeight the rows that the box gets
 * @param left the first column of the window in the resized box
 * @param top the first row of the window in the resized box
 * @param width the columns of the window, and of the view
 * @param height the rows of the window, and of the view
 * @param flipped whether left and right are exchanged after that
 * @param brightness the factor that then multiplies the values; 1 changes nothing, as for the rest
 * @param contrast the factor that then multiplies the distances from the view's mean grey
 * @param saturation the factor that then multiplies the distances from the pixel's grey
 */
public record InputView(
    int boxLeft,
    int boxTop,
    int boxWidth,
    int boxHeight,
    long resizedWidth,
    long resizedHeight,
    long left,
    long top,
    int width,
    int height,
    boolean flipped,
    float brightness,
    float contrast,
    float saturation) {

  /**
   * Draws a view of an image.
   *
   * @param width the columns of the image
   * @param height the rows of the image
   * @param random the seed of the view: the same seed gives the same view on every machine
   */
  public static InputView of(
      InputSpec spec, int width, int height, Augmentation augmentation, long random) {
    return of(spec, width, height, augmentation.draw(width, height, random));
  }

  static InputView of(InputSpec spec, int width, int height, Augmentation.Draw draw) {
    if (draw.box().isPresent()) {
      Augmentation.Box box = draw.box().get();
      return of(spec, box, spec.width(), spec.height(), 0, 0, draw);
    }
    Augmentation.Box whole = new Augmentation.Box(0, 0, width, height);
    if (spec.resize() == InputSpec.Resize.SQUASH) {
      return of(spec, whole, spec.width(), spec.height(), 0, 0, draw);
    }
    int shorter = Math.min(width, height);
    // torchvision's _compute_resized_image_output_size truncates the longer side.
    long resizedWidth = (long) ((double) ((long) spec.shortSide() * width) / shorter);
    long resizedHeight = (long) ((double) ((long) spec.shortSide() * height) / shorter);
    // torchvision's center_crop rounds halves to the even neighbour, like Python.
    long left = (long) Math.rint((resizedWidth - spec.width()) / 2.0);
    long top = (long) Math.rint((resizedHeight - spec.height()) / 2.0);
    return of(spec, whole, resizedWidth, resizedHeight, left, top, draw);
  }

  private static InputView of(
      InputSpec spec,
      Augmentation.Box box,
      long resizedWidth,
      long resizedHeight,
      long left,
      long top,
      Augmentation.Draw draw) {
    return new InputView(
        box.left(),
        box.top(),
        box.width(),
        box.height(),
        resizedWidth,
        resizedHeight,
        left,
        top,
        spec.width(),
        spec.height(),
        draw.flipped(),
        draw.brightness(),
        draw.contrast(),
        draw.saturation());
  }

  /**
   * Returns how many eighths of the image's size are enough for fast decoding: the smallest of 1,
   * 2, 4 and 8 at which the box is at least as large as what it becomes.
   */
  public int eighths() {
    int eighths = 1;
    while (eighths < 8
        && (8 * resizedWidth > (long) eighths * boxWidth
            || 8 * resizedHeight > (long) eighths * boxHeight)) {
      eighths *= 2;
    }
    return eighths;
  }

  /**
   * Computes the view and writes it at the buffer's position, which advances.
   *
   * @param destination the buffer for uint8 HWC RGB, shape (height, width, 3)
   */
  public void write(RgbImage image, ByteBuffer destination) {
    destination.put(of(image).pixels());
  }

  RgbImage of(RgbImage image) {
    boolean whole = boxWidth == image.width() && boxHeight == image.height();
    RgbImage box =
        whole ? image : image.part(new Augmentation.Box(boxLeft, boxTop, boxWidth, boxHeight));
    RgbImage view =
        BilinearResize.resize(box, resizedWidth, resizedHeight, left, top, width, height);
    if (flipped) {
      view.mirror();
    }
    ColorEnhancement.brightness(view.pixels(), brightness);
    ColorEnhancement.contrast(view.pixels(), contrast);
    ColorEnhancement.saturation(view.pixels(), saturation);
    return view;
  }
}
