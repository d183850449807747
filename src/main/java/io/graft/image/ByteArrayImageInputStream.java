package io.graft.image;

import java.io.IOException;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A picture file in memory, as ImageIO's readers want it. Unlike ImageIO's own memory stream it
 * knows its length, against which the readers check what a header claims, and copies nothing. A
 * reader that goes on asking behind the end, and would make up pixels for minutes, is stopped.
 */
final class ByteArrayImageInputStream extends ImageInputStreamImpl {

  /** Readers look ahead by a few bytes; whoever asks more often is lost. */
  private static final int MAX_READS_BEHIND_END = 64;

  private final byte[] bytes;
  private int readsPastEnd;

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
    if (++readsPastEnd > MAX_READS_BEHIND_END) {
      throw new IOException("the data goes on behind the end of the file");
    }
    return -1;
  }

  @Override
  public long length() {
    return bytes.length;
  }
}
