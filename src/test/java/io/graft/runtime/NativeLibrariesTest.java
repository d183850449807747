package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.runtime.NativeLibraries.Source;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {

  @TempDir Path folder;
  private final FakeHost fake = new FakeHost();

  @Test
  void takesTheCudaLibtorchOfTheActiveEnvironment() throws IOException {
    Path torch = FakeHost.torch(folder, "2.7.1+cu126", "12.6");
    fake.variables.put("VIRTUAL_ENV", folder.toString());
    fake.properties.put("jna.library.path", "/mine");
    NativeLibraries choice = choose(FakeHost.driver(90));
    assertThat(choice.source()).isEqualTo(Source.CUDA);
    assertThat(choice.properties())
        .containsEntry("PYTORCH_LIBRARY_PATH", torch.resolve("lib").toString())
        .containsEntry("PYTORCH_VERSION", "2.7.1")
        .containsEntry("PYTORCH_FLAVOR", "cu128")
        .containsEntry(
            "jna.library.path",
            torch.resolveSibling("nvidia/cuda_runtime/lib") + File.pathSeparator + "/mine");
    assertThat(choice.gpuUnused()).isFalse();
  }

  @Test
  void refusesAnotherVersionByName() throws IOException {
    Path torch = FakeHost.torch(folder, "2.11.0+cu130", "13.0");
    fake.variables.put("CONDA_PREFIX", folder.toString());
    NativeLibraries choice = choose(FakeHost.driver(90));
    assertThat(choice.source()).isEqualTo(Source.CPU);
    assertThat(choice.gpuUnused()).isTrue();
    assertThat(choice.whyNoCuda())
        .contains("2.11.0+cu130", torch.toString(), "pip install torch==2.7.1");
  }

  @Test
  void refusesATorchWithoutCuda() throws IOException {
    FakeHost.torch(folder, "2.7.1+cpu", null);
    fake.variables.put("GRAFT_TORCH", folder.toString());
    NativeLibraries choice = choose(FakeHost.driver(90));
    assertThat(choice.source()).isEqualTo(Source.CPU);
    assertThat(choice.whyNoCuda()).contains("built without CUDA");
  }

  @Test
  void requiresCuda128ForBlackwell() throws IOException {
    FakeHost.torch(folder, "2.7.1+cu126", "12.6");
    fake.variables.put("GRAFT_TORCH", folder.toString());
    assertThat(choose(FakeHost.driver(120)).whyNoCuda())
        .contains("no kernels", "CUDA 12.8 (+cu128");
    FakeHost.torch(folder, "2.7.1+cu128", "12.8");
    assertThat(choose(FakeHost.driver(120)).source()).isEqualTo(Source.CUDA);
  }

  @Test
  void findsTorchFromItsFolderOrAFolderAroundIt() throws IOException {
    Path torch = FakeHost.torch(folder, "2.7.1", "12.8");
    for (Path named : List.of(torch, torch.resolve("lib"), torch.getParent(), folder)) {
      fake.variables.put("GRAFT_TORCH", named.toString());
      assertThat(choose(FakeHost.driver(90)).source()).as("%s", named).isEqualTo(Source.CUDA);
    }
    fake.variables.put("GRAFT_TORCH", folder.resolve("absent").toString());
    fake.variables.put("VIRTUAL_ENV", folder.toString());
    NativeLibraries choice = choose(FakeHost.driver(90));
    assertThat(choice.source()).isEqualTo(Source.CPU);
    assertThat(choice.whyNoCuda()).contains("GRAFT_TORCH names", "absent");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void asksThePythonOnThePath() throws IOException {
    Path torch = FakeHost.torch(folder.resolve("env"), "2.7.1", "12.6");
    Path python = Files.createDirectory(folder.resolve("bin")).resolve("python3");
    Files.writeString(
        python,
        "#!/bin/sh\necho 'a banner'\necho 'graft-path:/no/such'\necho 'graft-path:"
            + torch.getParent()
            + "'\n");
    assertThat(python.toFile().setExecutable(true)).isTrue();
    fake.variables.put("PATH", "/no/such/folder:" + python.getParent());
    assertThat(choose(FakeHost.driver(90)).description()).contains(torch.toString());
  }

  @Test
  void keepsTheUsersSettings() {
    fake.variables.put("PYTORCH_LIBRARY_PATH", "/opt/libtorch");
    assertThat(choose(null).source()).isEqualTo(Source.USER);
    assertThat(choose(null).properties()).isEmpty();
    fake.variables.clear();
    fake.properties.put("PYTORCH_VERSION", "2.5.1");
    assertThat(choose(null).source()).isEqualTo(Source.USER);
  }

  @Test
  void doesNotLookForAGpuIfTheCpuWasRequested() {
    fake.properties.put("PYTORCH_FLAVOR", "cpu");
    NativeLibraries choice = choose(null);
    assertThat(choice.source()).isEqualTo(Source.CPU);
    assertThat(choice.gpuUnused()).isFalse();
  }

  @Test
  void distinguishesMissingBrokenAndOldDrivers() {
    NativeLibraries absent =
        choose(new CudaDriver(CudaDriver.State.ABSENT, 0, List.of(), "libcuda.so.1 is not there"));
    assertThat(absent.gpuUnused()).isFalse();
    assertThat(absent.whyNoCuda()).contains("No NVIDIA driver", "libcuda.so.1 is not there");
    NativeLibraries broken =
        choose(new CudaDriver(CudaDriver.State.BROKEN, 0, List.of(), "CUDA error 803"));
    assertThat(broken.gpuUnused()).isTrue();
    assertThat(broken.whyNoCuda()).contains("803", "nvidia-smi");
    NativeLibraries old =
        choose(new CudaDriver(CudaDriver.State.READY, 11_080, FakeHost.driver(80).gpus(), "works"));
    assertThat(old.whyNoCuda()).contains("11.8", "Update the driver");
    fake.properties.put("os.arch", "aarch64");
    assertThat(choose(FakeHost.driver(90)).whyNoCuda()).contains("linux-aarch64");
  }

  /** Chooses libraries for a driver. If it is null, looking for a driver fails the test. */
  private NativeLibraries choose(CudaDriver driver) {
    return NativeLibraries.choose(
        fake.host(),
        () -> {
          assertThat(driver).as("a driver was looked for").isNotNull();
          return driver;
        });
  }
}
