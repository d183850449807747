package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.runtime.Doctor.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {

  @TempDir Path folder;

  @Test
  void examinesThisMachine() {
    List<Finding> findings = Doctor.examine();
    assertThat(findings)
        .extracting(Finding::name)
        .containsExactly(
            "operating system",
            "processor",
            "java",
            "heap",
            "file names",
            "versions",
            "nvidia driver",
            "cuda libtorch",
            "libtorch",
            "engine",
            "threads",
            "allocator",
            "telemetry",
            "cache folder");
    assertThat(findings).extracting(Finding::value).doesNotContain("").doesNotContainNull();
    assertThat(findings)
        .filteredOn(finding -> finding.status() != Finding.Status.OK)
        .extracting(Finding::remedy)
        .doesNotContain("");
    assertThat(find(findings, "engine").value()).contains("PyTorch", "computes");
    assertThat(find(findings, "threads").value()).contains("within an operator", "they ");
    assertThat(find(findings, "telemetry").value()).isEqualTo("off");
  }

  @Test
  void readsTheInstructionSets() throws IOException {
    Path information =
        Files.writeString(
            folder.resolve("cpuinfo"),
            """
            processor\t: 0
            model name\t: A CPU @ 2 GHz
            flags\t\t: fpu avx2 avx512f avx512_bf16 amx_bf16_other

            processor\t: 1
            model name\t: A CPU @ 2 GHz
            """);
    assertThat(Processor.describe(information))
        .endsWith("A CPU @ 2 GHz, instruction sets: [avx2, avx512f, avx512_bf16]");
    assertThat(Processor.describe(folder.resolve("absent"))).endsWith("processors");
  }

  @Test
  void failedExaminationsBecomeErrors() throws IOException {
    Finding dead =
        Doctor.guarded(
            "gpu",
            () -> {
              throw new UnsatisfiedLinkError("libcuda");
            });
    assertThat(dead.status()).isEqualTo(Finding.Status.ERROR);
    assertThat(dead.value()).contains("libcuda");
    Path file = Files.writeString(folder.resolve("file"), "");
    Finding cache = Doctor.cacheFolder(file.resolve("cache"));
    assertThat(cache.status()).isEqualTo(Finding.Status.ERROR);
    assertThat(cache.remedy()).contains("GRAFT_HOME");
    Finding absent = Doctor.cacheFolder(folder.resolve("not").resolve("there"));
    assertThat(absent.status()).isNotEqualTo(Finding.Status.ERROR);
    assertThat(folder.resolve("not")).doesNotExist();
  }

  private static Finding find(List<Finding> findings, String name) {
    return findings.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
  }
}
