package io.graft.weights.keras;

import io.graft.testing.FileFuzzer;
import io.graft.testing.Golden;
import io.graft.weights.WeightFile;
import io.graft.weights.pytorch.PyTorchFiles;
import java.io.IOException;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Damaged HDF5 files and archives of Keras. The corpus is the small fixtures, hostile ones too. To
 * keep a finding, add its file to the corpus. For more runs than the usual thousand, give Maven
 * {@code -Djqwik.tries.default=1000000}.
 */
class KerasFuzzTest {

  private static FileFuzzer fuzzer;

  @BeforeContainer
  static void open() throws IOException {
    fuzzer =
        new FileFuzzer(
            WeightFile::open,
            256L << 20,
            PyTorchFiles.ascii(
                "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0008\u000b\u000c\u0010\u0011\u0018"
                    + " @THSO{}[]\",:0\u0089"),
            Stream.of(
                    "keras_float16.h5",
                    "keras_float64.h5",
                    "keras_batch_norm.weights.h5",
                    "keras_cycle.h5",
                    "keras_dense_links.h5",
                    "keras_external_link.h5",
                    "keras_epsilon.keras",
                    "keras_chunked.weights.h5")
                .map(Golden::path)
                .toList());
  }

  @AfterContainer
  static void close() {
    fuzzer.close();
  }

  @Property(shrinking = ShrinkingMode.OFF)
  void damagedFilesAreReadOrRefused(@ForAll long seed) throws IOException {
    fuzzer.run(seed);
  }
}
