package io.graft.image;

import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A picture file in memory, as ImageIO's readers want it. Unlike ImageIO's own memory stream it
 * knows its length, against which the readers check what a header claims, and copies nothing.
 */
final class ByteArrayImageInputStream extends ImageInputStreamImpl {

  private final byte[] bytes;

  ByteArrayImageInputStream(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public int read() {
    bitOffset = 0;
    return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xff : -1;
  }

  @Override
  public int read(byte[] destination, int offset, int length) {
    bitOffset = 0;
    if (length == 0) {
      return 0;
    }
    if (streamPos >= bytes.length) {
      return -1;
    }
    int count = (int) Math.min(length, bytes.length - streamPos);
    System.arraycopy(bytes, (int) streamPos, destination, offset, count);
    streamPos += count;
    return count;
  }

  @Override
  public long length() {
    return bytes.length;
  }
}
