package io.graft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.features.ContentDigests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code golden/make_digests.py} writes a file with Python's hashlib. */
class DigestsFileTest {

  private static final Path GOLDEN = Path.of("src", "test", "resources", "golden", "digests.bin");
  private static final int COUNT = 100;

  @TempDir Path folder;

  @Test
  void readsAndWritesPythonsFile() throws IOException {
    ContentDigests digests = DigestsFile.read(GOLDEN);
    assertThat(digests.size()).isEqualTo(COUNT);
    Path written = folder.resolve("digests.bin");
    DigestsFile.write(written, digests);
    assertThat(written).hasSameBinaryContentAs(GOLDEN);
  }

  @Test
  void readsAFileWithoutDigests() throws IOException {
    Path written = folder.resolve("digests.bin");
    DigestsFile.write(written, ContentDigests.ofSorted(new byte[0]));
    assertThat(DigestsFile.read(written).size()).isZero();
  }

  @Test
  void refusesEveryFlippedBitAndEveryOtherLength() throws IOException {
    byte[] whole = Files.readAllBytes(GOLDEN);
    for (int bit = 0; bit < whole.length * 8; bit += 3) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      refuses(flipped, "");
    }
    for (int length = 0; length < whole.length; length++) {
      refuses(Arrays.copyOf(whole, length), "");
    }
    refuses(Arrays.copyOf(whole, whole.length + 1), "not the size of 100 digests");
    refuses(Arrays.copyOf(whole, whole.length + 16), "not the size of 100 digests");
  }

  @Test
  void refusesWhatItDoesNotKnowEvenWithTheRightChecksum() throws IOException {
    refuses(changed(8, 2), "version 2");
    refuses(changed(12, 32), "32 bytes per digest");
    refuses(changed(16, COUNT - 1), "not the size of 99 digests");
    refuses(changed(20, -1), "not the size of");
    // The second digest is then smaller than the first, or equal to it.
    refuses(changed(24, -1), "digest 1 is not larger");
    byte[] twice = Files.readAllBytes(GOLDEN);
    System.arraycopy(twice, 24, twice, 40, 16);
    refuses(withChecksum(twice), "digest 1 is not larger");
  }

  private static byte[] changed(int at, int value) throws IOException {
    byte[] content = Files.readAllBytes(GOLDEN);
    ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
    return withChecksum(content);
  }

  private static byte[] withChecksum(byte[] content) {
    CRC32C crc = new CRC32C();
    crc.update(content, 0, content.length - 4);
    ByteBuffer.wrap(content)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(content.length - 4, (int) crc.getValue());
    return content;
  }

  private void refuses(byte[] content, String reason) throws IOException {
    Path file = folder.resolve("changed.bin");
    Files.write(file, content);
    assertThatThrownBy(() -> DigestsFile.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }
}
