package io.graft.tensors;

import io.graft.testing.FileFuzzer;
import io.graft.testing.Golden;
import io.graft.weights.pytorch.PyTorchFiles;
import java.io.IOException;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Damaged safetensors files. The corpus is the small fixtures. To keep a finding, add its file to
 * the corpus. For more runs than the usual thousand, give Maven {@code
 * -Djqwik.tries.default=1000000}.
 */
class SafetensorsFuzzTest {

  private static FileFuzzer fuzzer;

  @BeforeContainer
  static void open() throws IOException {
    fuzzer =
        new FileFuzzer(
            SafetensorsFile::open,
            64L << 20,
            PyTorchFiles.ascii("{}[]\",:\\\\u0123456789eE+-.BF8_I16U32nt \\n"),
            Stream.of(
                    "every_dtype.safetensors",
                    "fit_train.safetensors",
                    "fit_expected.safetensors",
                    "fit_validation.safetensors",
                    "keras_batch_norm_expected.safetensors")
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
