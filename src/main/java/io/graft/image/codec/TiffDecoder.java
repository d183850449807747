package io.graft.image.codec;

import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;

/**
 * Decodes the first image of a TIFF or BigTIFF file. Colours are converted by Pillow's rules:
 * profiles are ignored, alpha is dropped, and colours that were multiplied by alpha are divided by
 * it.
 */
final class TiffDecoder {

  private TiffDecoder() {}

  /** Decodes a file and turns the image upright. */
  static RgbImage decode(byte[] encoded) throws BadImageException, IOException {
    TiffLayout layout = TiffLayout.of(TiffDirectory.parse(encoded));
    TiffCompression.checkClaims(layout);
    byte[] pixels =
        layout.compression() == TiffCompression.OLD_JPEG
            ? oldJpeg(encoded)
            : layout.photometric() == TiffLayout.YCC ? TiffYcc.read(layout) : read(layout);
    RgbImage image = new RgbImage(layout.width(), layout.height(), pixels);
    return Orientation.apply(image, OrientationTag.ofTiff(encoded));
  }

  private static byte[] read(TiffLayout layout) throws BadImageException, IOException {
    return TiffColors.convert(TiffSamples.read(layout));
  }

  /** Decodes the compression that TIFF 6.0 defined and that is no longer written. */
  private static byte[] oldJpeg(byte[] encoded) throws BadImageException, IOException {
    BufferedImage image =
        ImageIoDecoder.read(encoded, ImageFormat.TIFF, List.of(), reader -> reader.read(0));
    return RasterToRgb.convert(image.getRaster(), image.getColorModel());
  }
}
