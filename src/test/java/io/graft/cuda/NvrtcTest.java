package io.graft.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Compiles the kernels with NVRTC, if it is in the active Python environment, beside the torch that
 * GRAFT_TORCH names, or where the dynamic linker finds it.
 */
class NvrtcTest {

  private Nvrtc nvrtc;
  @TempDir private Path folder;

  @BeforeEach
  void find() throws Exception {
    List<String> candidates = new ArrayList<>();
    String torch = System.getenv("GRAFT_TORCH");
    if (torch != null) {
      candidates.addAll(Nvrtc.candidates(Path.of(torch, "lib")));
    }
    String environment = System.getenv("VIRTUAL_ENV");
    if (environment != null) {
      try (Stream<Path> pythons = Files.list(Path.of(environment, "lib"))) {
        pythons
            .sorted()
            .map(python -> python.resolve("site-packages/torch/lib"))
            .forEach(libraries -> candidates.addAll(Nvrtc.candidates(libraries)));
      }
    }
    candidates.addAll(Nvrtc.candidates(folder));
    Optional<Nvrtc> found = Nvrtc.first(candidates);
    assumeThat(found).as("NVRTC").isPresent();
    nvrtc = found.get();
  }

  @ParameterizedTest
  @CsvSource({
    "75, FLOAT16",
    "75, FLOAT32",
    "80, FLOAT16",
    "80, BFLOAT16",
    "80, FLOAT32",
    "86, FLOAT16",
    "86, BFLOAT16",
    "86, FLOAT32",
    "89, FLOAT16",
    "89, BFLOAT16",
    "89, FLOAT32",
    "90, FLOAT16",
    "90, BFLOAT16",
    "90, FLOAT32"
  })
  void everyKernelCompilesForEveryGpu(int computeCapability, ElementType type) throws Exception {
    KernelBinaries binaries = new KernelBinaries(folder);
    byte[] binary = binaries.of(nvrtc, computeCapability, type);
    // A binary for a GPU is an ELF file, with its kernels' names among its symbols.
    String text = new String(binary, StandardCharsets.ISO_8859_1);
    assertThat(text).startsWith("\u007fELF").contains("max_pool");
    assertThat(text.contains("first_convolution")).isEqualTo(type != ElementType.FLOAT32);
    assertThat(binaries.of(nvrtc, computeCapability, type)).isEqualTo(binary);
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void aTextThatDoesNotCompileIsRefusedWithTheCompilersLog() {
    assertThatThrownBy(() -> nvrtc.compile("__global__ void f() { nothing(); }", List.of()))
        .isInstanceOf(KernelException.class)
        .hasMessageContaining("NVRTC " + nvrtc.version())
        .hasMessageContaining("identifier \"nothing\" is undefined");
    List<String> unknown = KernelBinaries.options(10, ElementType.FLOAT16);
    assertThatThrownBy(() -> nvrtc.compile(KernelBinaries.text(), unknown))
        .isInstanceOf(KernelException.class)
        .hasMessageContaining("sm_10");
  }
}
