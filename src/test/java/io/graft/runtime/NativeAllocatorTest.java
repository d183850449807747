package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NativeAllocatorTest {

  // malloc.h of glibc.
  private static final int M_TRIM_THRESHOLD = -1;
  private static final int M_TOP_PAD = -2;
  private static final int M_MMAP_MAX = -4;

  private final FakeHost fake = new FakeHost();
  private final Map<Integer, Integer> set = new LinkedHashMap<>();

  private NativeAllocator tune() {
    return NativeAllocator.tune(
        fake.host(),
        (parameter, value) -> {
          set.put(parameter, value);
          return 1;
        });
  }

  /** The eighth field after the program's name in proc(5)'s stat: minor page faults. */
  private static long pageFaults() throws IOException {
    String stat = Files.readString(Path.of("/proc/self/stat"));
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[7]);
  }

  @Test
  void pagesOfLargeArraysAreUsedAgain() throws IOException {
    assumeThat(Path.of("/proc/self/stat")).exists();
    TorchRuntime.load();
    assumeThat(TorchRuntime.allocatorNotice()).as("on glibc").isEmpty();
    int elements = 10 << 20;
    int pages = elements * Float.BYTES / 4096;
    long faults = Long.MAX_VALUE;
    try (NDManager manager = NDManager.newBaseManager()) {
      for (int i = 0; i < 10; i++) {
        long before = pageFaults();
        manager.ones(new Shape(elements)).close();
        faults = Math.min(faults, pageFaults() - before);
      }
    }
    assertThat(faults).isLessThan(pages / 10);
  }

  @Test
  void mappingsAreOffAndFreedMemoryIsKept() {
    assertThat(tune().reusesPages()).isTrue();
    assertThat(set)
        .containsEntry(M_MMAP_MAX, 0)
        .containsEntry(M_TRIM_THRESHOLD, Integer.MAX_VALUE)
        .containsEntry(M_TOP_PAD, 64 << 20)
        .hasSize(3);
  }

  @Test
  void whatTheUserHasSetStays() {
    fake.variables.put("MALLOC_MMAP_MAX_", "1000");
    fake.variables.put("GLIBC_TUNABLES", "glibc.malloc.check=1:glibc.malloc.top_pad=4096");
    assertThat(tune().description()).contains("mmap_max as the environment", "trim_threshold 2147");
    assertThat(set).containsOnlyKeys(M_TRIM_THRESHOLD);
  }

  @Test
  void otherCLibrariesAreLeftAloneAndThatIsSaid() {
    NativeAllocator refused = NativeAllocator.tune(fake.host(), (parameter, value) -> 0);
    assertThat(refused.reusesPages()).isFalse();
    assertThat(refused.description()).contains("left as it is", "mallopt refuses mmap_max 0");
    fake.properties.put("os.name", "Mac OS X");
    assertThat(NativeAllocator.tune(fake.host()).reusesPages()).isFalse();
  }
}
