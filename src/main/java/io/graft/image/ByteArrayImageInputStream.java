package io.graft.image;

import java.io.IOException;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * An image file in memory, for ImageIO's readers. Unlike ImageIO's own memory stream, it copies
 * nothing and knows its length, so that readers can check a header's claims. It stops a reader that
 * keeps reading after the end, which would invent pixels for minutes.
 */
final class ByteArrayImageInputStream extends ImageInputStreamImpl {

  /** Readers look ahead by a few bytes only. */
  private static final int MAX_READS_AFTER_END = 64;

  private final byte[] bytes;
  private int readsAfterEnd;

  ByteArrayImageInputStream(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public int read() throws IOException {
    bitOffset = 0;
    return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xff : end();
  }

  @Override
  public int read(byte[] destination, int offset, int length) throws IOException {
    bitOffset = 0;
    if (length == 0) {
      return 0;
    }
    if (streamPos >= bytes.length) {
      return end();
    }
    int count = (int) Math.min(length, bytes.length - streamPos);
    System.arraycopy(bytes, (int) streamPos, destination, offset, count);
    streamPos += count;
    return count;
  }

  private int end() throws IOException {
    if (++readsAfterEnd > MAX_READS_AFTER_END) {
      throw new IOException("the data continues after the end of the file");
    }
    return -1;
  }

  @Override
  public long length() {
    return bytes.length;
  }
}
