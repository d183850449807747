package io.graft.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A fake machine, with its variables, properties, Python packages and NVIDIA driver. */
final class FakeHost {

  final Map<String, String> variables = new HashMap<>();
  final Map<String, String> properties =
      new HashMap<>(Map.of("os.name", "Linux", "os.arch", "amd64", "user.home", "/home/ada"));

  HostEnvironment host() {
    return new HostEnvironment(variables::get, properties::get);
  }

  static CudaDriver driver(int computeCapability) {
    return new CudaDriver(
        CudaDriver.State.READY,
        12_080,
        List.of(new CudaDriver.Gpu("A GPU", computeCapability, 1L << 34)),
        "libcuda.so.1 works");
  }

  /** Creates a virtual environment with a torch package; {@code cuda} may be null. */
  static Path torch(Path environment, String version, String cuda) throws IOException {
    Path torch = environment.resolve("lib/python3.11/site-packages/torch");
    Files.createDirectories(torch.resolve("lib"));
    Files.writeString(
        torch.resolve("version.py"),
        "from typing import Optional\n\n__version__ = '"
            + version
            + "'\ndebug = False\ncuda: Optional[str] = "
            + (cuda == null ? "None" : "'" + cuda + "'")
            + "\nhip: Optional[str] = None\n");
    if (cuda != null) {
      Files.writeString(torch.resolve("lib/libtorch_cuda.so"), "");
      Path runtime = torch.resolveSibling("nvidia/cuda_runtime/lib");
      Files.createDirectories(runtime);
      Files.writeString(runtime.resolve("libcudart.so.12"), "");
    }
    return torch.toRealPath();
  }
}
