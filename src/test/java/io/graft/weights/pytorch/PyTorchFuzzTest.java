package io.graft.weights.pytorch;

import io.graft.testing.FileFuzzer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Damaged PyTorch files. The corpus is the fixtures, hostile ones too. To keep a finding, add its
 * file to the corpus. For more runs than the usual thousand, give Maven {@code
 * -Djqwik.tries.default=1000000}.
 */
class PyTorchFuzzTest {

  private static FileFuzzer fuzzer;

  @BeforeContainer
  static void open() throws IOException {
    fuzzer =
        new FileFuzzer(
            PyTorchCheckpoint::open,
            128L << 20,
            PyTorchFiles.ascii(
                ".(}])tuesabqrhjcRQKMJGXUTCBN\u0080\u0081\u0085\u0086\u0087\u0088\u008a\u0093\u0094\u0095"),
            corpus());
  }

  private static List<Path> corpus() {
    List<Path> corpus = new ArrayList<>(PyTorchFiles.good());
    corpus.addAll(PyTorchFiles.hostile());
    return corpus;
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
