package io.graft.weights;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Damages files and expects either tensors or a {@link WeightsException}. The corpus is the
 * fixtures, hostile ones too; a finding is kept by adding its file there. For more runs than the
 * usual thousand, give Maven {@code -Djqwik.tries.default=1000000}.
 */
class PyTorchFuzzTest {

  private static final long MAX_ALLOCATED_BYTES = 128L << 20;
  private static final long MAX_READ_ELEMENTS = 1 << 20;
  private static final byte[] INSTRUCTIONS =
      PyTorchFiles.ascii(
          ".(}])tuesabqrhjcRQKMJGXUTCBN\u0080\u0081\u0085\u0086\u0087\u0088\u008a\u0093\u0094\u0095");
  private static final int[] EXTREMES = {0, 1, 0x7f, 0x80, 0xff};

  private static final List<byte[]> CORPUS = new ArrayList<>();
  private static Path file;

  @BeforeContainer
  static void readCorpus() throws IOException {
    for (List<Path> paths : List.of(PyTorchFiles.good(), PyTorchFiles.hostile())) {
      for (Path path : paths) {
        CORPUS.add(Files.readAllBytes(path));
      }
    }
    file = Files.createTempFile("fuzz", ".pth");
  }

  @AfterContainer
  static void deleteFile() throws IOException {
    Files.deleteIfExists(file);
  }

  @Property(shrinking = ShrinkingMode.OFF)
  void damagedFilesAreReadOrRefused(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    byte[] content = pick(random);
    for (int i = random.nextInt(6); i >= 0; i--) {
      content = damage(content, random);
    }
    Files.write(file, content);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    readAll();
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MAX_ALLOCATED_BYTES);
  }

  private static void readAll() {
    try (PyTorchCheckpoint checkpoint = PyTorchCheckpoint.open(file)) {
      assertThat(checkpoint.tensors()).isNotEmpty();
      for (TensorInfo info : checkpoint.tensors().values()) {
        if (info.type().isFloatingPoint() && info.elements() < MAX_READ_ELEMENTS) {
          checkpoint.readFloat32(info.name());
        }
      }
    } catch (WeightsException e) {
      assertThat(e).hasMessageContaining(file.toString());
    }
  }

  private static byte[] pick(Random random) {
    return CORPUS.get(random.nextInt(CORPUS.size()));
  }

  private static byte[] damage(byte[] content, Random random) {
    if (content.length < 2) {
      return pick(random);
    }
    int at = random.nextInt(content.length);
    int length = 1 + random.nextInt(Math.min(16, content.length - at));
    byte[] changed = content.clone();
    switch (random.nextInt(8)) {
      case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> changed[at] = (byte) random.nextInt();
      case 2 -> changed[at] = (byte) EXTREMES[random.nextInt(EXTREMES.length)];
      case 3 -> changed[at] = INSTRUCTIONS[random.nextInt(INSTRUCTIONS.length)];
      case 4 -> Arrays.fill(changed, at, at + length, (byte) (random.nextBoolean() ? 0xff : 0));
      case 5 -> changed = splice(content, at, at + length, new byte[0]);
      case 6 -> {
        byte[] other = pick(random);
        int from = random.nextInt(other.length);
        int to = Math.min(other.length, from + 1 + random.nextInt(64));
        changed = splice(content, at, at, Arrays.copyOfRange(other, from, to));
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
}
