package io.graft.image;

/**
 * Checks that a file holds all data that its structure announces. ImageIO's readers fill missing
 * data with grey or black, but Graft refuses a file that is cut off. Each check returns the EXIF
 * orientation.
 */
final class ContainerCheck {

  private ContainerCheck() {}

  /** Checks a BMP file. Without compression, the header gives the length of the rows. */
  static int bmp(byte[] encoded) throws BadImageException {
    ByteReader reader = new ByteReader(encoded, false);
    long dataOffset = reader.unsigned32(10);
    long headerLength = reader.unsigned32(14);
    boolean old = headerLength == 12;
    long width = old ? reader.unsigned16(18) : reader.unsigned32(18);
    long height = old ? reader.unsigned16(20) : Math.abs((int) reader.unsigned32(22));
    int bits = reader.unsigned16(old ? 24 : 28);
    long compression = old ? 0 : reader.unsigned32(30);
    ImageDecoder.checkSize(width, height);
    switch ((int) compression) {
      case 0, 3, 6 -> reader.require(dataOffset, (width * bits + 31) / 32 * 4 * height);
      case 1, 2 -> reader.require(dataOffset, reader.unsigned32(34));
      default ->
          throw new BadImageException("the BMP file uses the unknown compression " + compression);
    }
    return Orientation.UPRIGHT;
  }
}
