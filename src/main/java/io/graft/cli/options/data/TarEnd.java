package io.graft.cli.options.data;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Counts the zero bytes at the end, because a whole tar archive ends with blocks of them. */
final class TarEnd extends FilterInputStream {

  /** The size of a block, of which a whole archive ends with at least one. */
  static final int BYTES = 512;

  private long zeros;

  TarEnd(InputStream in) {
    super(in);
  }

  /** Returns how many of the last bytes that were read are zero. */
  long zeros() {
    return zeros;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
  }

  @Override
  public int read(byte[] bytes, int from, int most) throws IOException {
    int count = super.read(bytes, from, most);
    int last = count - 1;
    while (last >= 0 && bytes[from + last] == 0) {
      last--;
    }
    zeros = last < 0 ? zeros + Math.max(0, count) : count - 1 - last;
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    return count <= 0 ? 0 : Math.max(0, read(new byte[(int) Math.min(count, 1 << 16)]));
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
