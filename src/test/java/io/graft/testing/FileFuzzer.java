package io.graft.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * Damages the files of a corpus and expects of their parser either tensors or a {@link
 * WeightsException} that names the file, in little memory.
 */
public final class FileFuzzer implements AutoCloseable {

  private static final long MAX_READ_ELEMENTS = 1 << 20;
  private static final int HEAD_BYTES = 1024;
  private static final int[] EXTREMES = {0, 1, 0x7f, 0x80, 0xff};

  private final Function<Path, TensorSource> parser;
  private final long maxAllocatedBytes;
  private final byte[] telling;
  private final List<byte[]> corpus = new ArrayList<>();
  private final Path file;

  /**
   * A fuzzer of one parser.
   *
   * @param maxAllocatedBytes what opening and reading a file may take of the heap
   * @param telling bytes that mean something in the format
   */
  public FileFuzzer(
      Function<Path, TensorSource> parser,
      long maxAllocatedBytes,
      byte[] telling,
      List<Path> corpus)
      throws IOException {
    this.parser = parser;
    this.maxAllocatedBytes = maxAllocatedBytes;
    this.telling = telling;
    for (Path path : corpus) {
      this.corpus.add(Files.readAllBytes(path));
    }
    this.file = Files.createTempFile("fuzz", ".weights");
  }

  /** Makes one damaged file and reads it. */
  public void run(long seed) throws IOException {
    Random random = new Random(seed);
    byte[] content = pick(random);
    for (int i = random.nextInt(6); i >= 0; i--) {
      content = damage(content, random);
    }
    Files.write(file, content);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    readAll();
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(maxAllocatedBytes);
  }

  private void readAll() {
    try (TensorSource tensors = parser.apply(file)) {
      for (TensorInfo info : tensors.tensors().values()) {
        if (info.type().isFloatingPoint() && info.elements() < MAX_READ_ELEMENTS) {
          tensors.readFloat32(info.name());
        }
      }
    } catch (WeightsException e) {
      assertThat(e).hasMessageContaining(file.toString());
    }
  }

  private byte[] pick(Random random) {
    return corpus.get(random.nextInt(corpus.size()));
  }

  private byte[] damage(byte[] content, Random random) {
    if (content.length < 2) {
      return pick(random);
    }
    // Structure is more often at the beginning than values are.
    int bound = random.nextBoolean() ? content.length : Math.min(content.length, HEAD_BYTES);
    int at = random.nextInt(bound);
    int length = 1 + random.nextInt(Math.min(16, content.length - at));
    byte[] changed = content.clone();
    switch (random.nextInt(8)) {
      case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> changed[at] = (byte) random.nextInt();
      case 2 -> changed[at] = (byte) EXTREMES[random.nextInt(EXTREMES.length)];
      case 3 -> changed[at] = telling[random.nextInt(telling.length)];
      case 4 -> Arrays.fill(changed, at, at + length, (byte) (random.nextBoolean() ? 0xff : 0));
      case 5 -> changed = splice(content, at, at + length, new byte[0]);
      case 6 -> {
        byte[] other = pick(random);
        int from = random.nextInt(other.length);
        int to = Math.min(other.length, from + 1 + random.nextInt(64));
        // Over what is there as often as between: addresses in the file then stay as they are.
        int end = random.nextBoolean() ? at : Math.min(content.length, at + to - from);
        changed = splice(content, at, end, Arrays.copyOfRange(other, from, to));
      }
      default -> changed = random.nextInt(8) == 0 ? Arrays.copyOf(content, at) : changed;
    }
    return changed;
  }

  private static byte[] splice(byte[] content, int from, int to, byte[] middle) {
    byte[] joined = new byte[from + middle.length + content.length - to];
    System.arraycopy(content, 0, joined, 0, from);
    System.arraycopy(middle, 0, joined, from, middle.length);
    System.arraycopy(content, to, joined, from + middle.length, content.length - to);
    return joined;
  }

  @Override
  public void close() {
    file.toFile().delete();
  }
}
