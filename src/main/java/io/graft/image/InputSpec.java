package io.graft.image;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.runtime.DecimalText;
import io.graft.runtime.InvalidOptionException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How an image becomes the input of a network. A network needs the input spec that its weights were
 * trained with.
 *
 * @param width the number of columns of the input, in pixels
 * @param height the number of rows of the input, in pixels
 * @param resize the way in which the image gets that size
 * @param shortSide the length of the image's shorter side before {@link
 *     Resize#SHORT_SIDE_THEN_CROP} crops, in pixels, at least {@code width} and {@code height}; 0
 *     with {@link Resize#SQUASH}
 * @param channels the order of the input's channels
 * @param divisor the number that pixels, 0 to 255, are divided by first
 * @param mean the number that is subtracted next, for each channel of the input
 * @param standardDeviation the number that the difference is then divided by, for each channel
 * @param decode how JPEG files are decoded: {@link Decode#EXACT} or {@link Decode#FAST}
 */
public record InputSpec(
    int width,
    int height,
    Resize resize,
    int shortSide,
    Channels channels,
    float divisor,
    List<Float> mean,
    List<Float> standardDeviation,
    Decode decode) {

  /** How an image gets the input's size, always with antialiased bilinear sampling. */
  public enum Resize {
    /** Resizes the shorter side to a fixed length, then crops the centre. */
    SHORT_SIDE_THEN_CROP,
    /** Resizes both sides to those of the input, which changes the proportions. */
    SQUASH
  }

  /** The order of the input's channels. */
  public enum Channels {
    /** Red first. */
    RGB,
    /** Blue first. */
    BGR
  }

  /**
   * The input of torchvision's {@code VGG16_Weights.IMAGENET1K_V1.transforms}: {@code
   * ImageClassification} with crop_size 224, resize_size 256, and ImageNet's mean and standard
   * deviation.
   */
  public static final InputSpec TORCHVISION =
      new InputSpec(
          224,
          224,
          Resize.SHORT_SIDE_THEN_CROP,
          256,
          Channels.RGB,
          255,
          List.of(0.485f, 0.456f, 0.406f),
          List.of(0.229f, 0.224f, 0.225f));

  /**
   * The input of Keras's {@code utils.load_img(path, target_size=(224, 224),
   * interpolation="bilinear")} and {@code applications.vgg16.preprocess_input} (mode "caffe").
   */
  public static final InputSpec KERAS_CAFFE =
      new InputSpec(
          224,
          224,
          Resize.SQUASH,
          0,
          Channels.BGR,
          1,
          List.of(103.939f, 116.779f, 123.68f),
          List.of(1f, 1f, 1f));

  /**
   * Returns the input of backbones that Graft trains. The shorter side becomes {@code size} pixels
   * and the centre is cropped, so that a square image loses nothing. Mean and standard deviation
   * are ImageNet's.
   *
   * @param size the width and height, in pixels
   */
  public static InputSpec centred(int size) {
    return new InputSpec(
        size,
        size,
        Resize.SHORT_SIDE_THEN_CROP,
        size,
        Channels.RGB,
        TORCHVISION.divisor,
        TORCHVISION.mean,
        TORCHVISION.standardDeviation);
  }

  /** Creates an input spec whose images are decoded exactly. */
  public InputSpec(
      int width,
      int height,
      Resize resize,
      int shortSide,
      Channels channels,
      float divisor,
      List<Float> mean,
      List<Float> standardDeviation) {
    this(
        width, height, resize, shortSide, channels, divisor, mean, standardDeviation, Decode.EXACT);
  }

  /** Checks every field and copies the lists. */
  public InputSpec {
    require(width > 0 && height > 0, "width and height", width + " x " + height, "at least 1");
    require(
        3L * width * height <= Integer.MAX_VALUE,
        "width and height",
        width + " x " + height,
        "less");
    boolean crops = resize == Resize.SHORT_SIDE_THEN_CROP;
    require(
        crops ? shortSide >= Math.max(width, height) : shortSide == 0,
        "shortSide",
        shortSide,
        crops ? "at least width and height" : "0 without a crop");
    mean = List.copyOf(mean);
    standardDeviation = List.copyOf(standardDeviation);
    require(Float.isFinite(divisor) && divisor > 0, "divisor", divisor, "a positive number");
    require(
        mean.size() == 3 && mean.stream().allMatch(Float::isFinite),
        "mean",
        mean,
        "3 finite numbers");
    require(
        standardDeviation.size() == 3
            && standardDeviation.stream().allMatch(v -> Float.isFinite(v) && v > 0),
        "standardDeviation",
        standardDeviation,
        "3 positive numbers");
    require(decode != Decode.AUTO, "decode", decode.word(), "exact or fast");
  }

  private static void require(boolean holds, String field, Object received, String expected) {
    if (!holds) {
      throw new InvalidOptionException(
          "InputSpec.%s is %s; expected %s.".formatted(field, received, expected));
    }
  }

  /** Returns a copy for a square input of another size, with the short side in proportion. */
  public InputSpec withSize(int size) {
    int side =
        shortSide == 0 ? 0 : (int) Math.round((double) shortSide * size / Math.max(width, height));
    return new InputSpec(
        size, size, resize, side, channels, divisor, mean, standardDeviation, decode);
  }

  /** Returns a copy whose images are decoded in another way. */
  public InputSpec withDecode(Decode other) {
    return new InputSpec(
        width, height, resize, shortSide, channels, divisor, mean, standardDeviation, other);
  }

  /** Returns how many bytes {@link #write} writes: height x width x 3. */
  public int bytes() {
    return 3 * width * height;
  }

  /**
   * Resizes and crops an image and writes it at the buffer's position. The position advances by
   * {@link #bytes}.
   *
   * @param destination the buffer for uint8 HWC RGB, shape (height, width, 3); its order is RGB
   *     even if the input's channels are BGR
   */
  public void write(RgbImage image, ByteBuffer destination) {
    write(image, destination, Augmentation.NONE, 0);
  }

  /**
   * Draws a view of an image and writes it at the buffer's position. The position advances by
   * {@link #bytes}.
   *
   * @param destination the buffer, as in {@link #write(RgbImage, ByteBuffer)}
   * @param random the seed of the view: the same seed gives the same view on every machine
   */
  public void write(
      RgbImage image, ByteBuffer destination, Augmentation augmentation, long random) {
    InputView.of(this, image.width(), image.height(), augmentation, random)
        .write(image, destination);
  }

  /** Returns a view of the image at the input's size. */
  RgbImage view(RgbImage image, Augmentation.Draw draw) {
    return InputView.of(this, image.width(), image.height(), draw).of(image);
  }

  /**
   * Normalises pixels to the network's input, in float32 and in the order of torchvision and Keras:
   * divides, subtracts the mean, divides by the standard deviation.
   *
   * @param pixels the pixels, uint8 NHWC RGB, shape (N, height, width, 3), like those of {@link
   *     #write}
   * @return the input, float32 NCHW, shape (N, 3, height, width), with {@link #channels} in their
   *     order, on the same device and manager; the caller must close it
   */
  public NDArray normalize(NDArray pixels) {
    try (NDManager scratch = pixels.getManager().newSubManager()) {
      NDArray source = channels == Channels.BGR ? pixels.flip(3) : pixels;
      NDArray planes = source.transpose(0, 3, 1, 2);
      planes.attach(scratch);
      if (source != pixels) {
        source.attach(scratch);
      }
      NDArray input = planes.toType(DataType.FLOAT32, true);
      if (divisor != 1) {
        input.divi(divisor);
      }
      input.subi(perChannel(scratch, mean));
      input.divi(perChannel(scratch, standardDeviation));
      input.attach(pixels.getManager());
      return input;
    }
  }

  /** Returns all fields as one line of text, for stored keys. Equal specs give equal texts. */
  public String canonical() {
    return "input-spec-1"
        + (" size=" + width + "x" + height)
        + (" resize=" + (resize == Resize.SQUASH ? "SQUASH" : "SHORT_SIDE_THEN_CROP"))
        + ("," + shortSide + ",pillow-bilinear")
        + (" channels=" + (channels == Channels.BGR ? "BGR" : "RGB"))
        + (" divisor=" + DecimalText.of(divisor))
        + (" mean=" + text(mean))
        + (" std=" + text(standardDeviation))
        // Keys of earlier versions say nothing about exact decoding.
        + (decode == Decode.EXACT ? "" : " decode=" + decode.word());
  }

  /** Returns the size, channels and resizing: {@code 224x224 RGB, short side 256 and crop}. */
  @Override
  public String toString() {
    String how = resize == Resize.SQUASH ? "squash" : "short side " + shortSide + " and crop";
    return width + "x" + height + " " + channels + ", " + how;
  }

  private static String text(List<Float> values) {
    return values.stream().map(DecimalText::of).collect(Collectors.joining(", ", "[", "]"));
  }

  private static NDArray perChannel(NDManager manager, List<Float> values) {
    float[] array = {values.get(0), values.get(1), values.get(2)};
    return manager.create(array, new Shape(1, 3, 1, 1));
  }
}
