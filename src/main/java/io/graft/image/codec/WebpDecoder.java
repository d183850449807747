package io.graft.image.codec;

import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;

/**
 * Decodes WebP: with libwebp if it is installed, otherwise with TwelveMonkeys' reader for ImageIO.
 * Both give the same pixels of a lossless image. The pixels of a lossy one differ a little.
 */
final class WebpDecoder {

  /** The decoder where libwebp is absent. */
  static final String FALLBACK = "TwelveMonkeys 3.15.0";

  private WebpDecoder() {}

  /** Decodes the first image of a file, with libwebp if allowed, and turns it upright. */
  static RgbImage decode(byte[] encoded, boolean libraryAllowed)
      throws BadImageException, IOException {
    WebpFile file = WebpFile.parse(encoded);
    Frame frame = file.frame();
    byte[] pixels =
        libraryAllowed && LibWebp.fileName().isPresent()
            ? LibWebp.decode(file.chunks(), frame.width(), frame.height())
                .orElseThrow(
                    () -> new BadImageException("the WebP data is cut off or damaged (libwebp)"))
            : decodeByImageIo(file);
    if (frame.width() != file.width() || frame.height() != file.height()) {
      pixels = onCanvas(pixels, file);
    }
    RgbImage image = new RgbImage(file.width(), file.height(), pixels);
    return Orientation.apply(image, file.orientation());
  }

  private static byte[] decodeByImageIo(WebpFile file) throws BadImageException, IOException {
    List<String> fatal = List.of("remature", "nexpected end", "Nothing to decode");
    Frame frame = file.frame();
    long bitless = file.lossless() ? (long) frame.width() * frame.height() : 0;
    BufferedImage image =
        ImageIoDecoder.read(
            file.simpleFile(), ImageFormat.WEBP, fatal, bitless, reader -> reader.read(0));
    return RasterToRgb.convert(image.getRaster(), image.getColorModel());
  }

  /** Puts the first frame of an animation on its canvas, which is black elsewhere. */
  private static byte[] onCanvas(byte[] pixels, WebpFile file) {
    Frame frame = file.frame();
    byte[] canvas = new byte[Math.multiplyExact(3 * file.width(), file.height())];
    int row = 3 * frame.width();
    for (int y = 0; y < frame.height(); y++) {
      int to = 3 * ((frame.top() + y) * file.width() + frame.left());
      System.arraycopy(pixels, y * row, canvas, to, row);
    }
    return canvas;
  }
}
