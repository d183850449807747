package io.graft.image.input;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * How a JPEG file for tests is made. Its content is smooth colours with noise in every block.
 *
 * @param sampling the factors of the luma, such as "2x1"; "grey" for one component
 * @param restart the number of blocks between restart markers; 0 for none
 */
record Jpegs(
    int width,
    int height,
    String sampling,
    boolean progressive,
    int restart,
    int orientation,
    float quality,
    long seed) {

  static Jpegs of(int width, int height) {
    return new Jpegs(width, height, "2x2", false, 0, 1, 0.9f, 1);
  }

  byte[] encode() {
    try {
      return withOrientation(compressed());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private BufferedImage image() {
    Random random = new Random(seed);
    boolean grey = sampling.equals("grey");
    BufferedImage image =
        new BufferedImage(
            width, height, grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int red = (x * 5 + random.nextInt(64)) & 0xff;
        int green = (y * 3 + random.nextInt(64)) & 0xff;
        image.setRGB(x, y, red << 16 | green << 8 | random.nextInt(256));
      }
    }
    return image;
  }

  private byte[] compressed() throws IOException {
    BufferedImage image = image();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (var stream = ImageIO.createImageOutputStream(bytes)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionQuality(quality);
      parameters.setProgressiveMode(
          progressive ? ImageWriteParam.MODE_DEFAULT : ImageWriteParam.MODE_DISABLED);
      IIOMetadata metadata =
          writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), parameters);
      String format = metadata.getNativeMetadataFormatName();
      IIOMetadataNode tree = (IIOMetadataNode) metadata.getAsTree(format);
      if (!sampling.equals("grey")) {
        Element luma = (Element) tree.getElementsByTagName("componentSpec").item(0);
        luma.setAttribute("HsamplingFactor", sampling.substring(0, 1));
        luma.setAttribute("VsamplingFactor", sampling.substring(2));
      }
      if (restart > 0) {
        IIOMetadataNode interval = new IIOMetadataNode("dri");
        interval.setAttribute("interval", String.valueOf(restart));
        NodeList sequence = tree.getElementsByTagName("markerSequence");
        sequence.item(0).insertBefore(interval, sequence.item(0).getFirstChild());
      }
      metadata.setFromTree(format, tree);
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, metadata), parameters);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /** Puts a segment with Exif data, one entry with the orientation, after the start marker. */
  private byte[] withOrientation(byte[] file) {
    if (orientation == 1) {
      return file;
    }
    String exif =
        "ffe10022457869660000"
            + ("4d4d002a00000008" + "0001" + "01120003" + "00000001")
            + "%04x0000".formatted(orientation)
            + "00000000";
    byte[] segment = HexFormat.of().parseHex(exif);
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    result.write(file, 0, 2);
    result.writeBytes(segment);
    result.write(file, 2, file.length - 2);
    return result.toByteArray();
  }
}
