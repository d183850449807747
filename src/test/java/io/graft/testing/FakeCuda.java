package io.graft.testing;

import ai.djl.pytorch.jni.LibUtils;
import com.sun.jna.NativeLibrary;
import io.graft.cuda.CudaLibraries;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.TorchRuntime;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;

/**
 * Native libraries that stand in for a GPU: Graft's kernels, compiled by the C compiler of this
 * machine, run on the CPU, where libtorch's tensors are. The sources are in the folder {@code cuda}
 * of the test resources.
 */
public final class FakeCuda {

  private static final List<String> TYPES = List.of("FLOAT16", "BFLOAT16", "FLOAT32");

  private static Optional<Path> built = Optional.empty();

  private final CudaLibraries libraries;
  private final NativeLibrary fake;

  private FakeCuda(CudaLibraries libraries) {
    this.libraries = libraries;
    this.fake = NativeLibrary.getInstance(libraries.driver());
  }

  /**
   * Builds the libraries, and skips the calling test without a C compiler for Linux.
   *
   * @param cache the folder of compiled kernels
   */
  public static synchronized FakeCuda orSkip(Path cache) throws Exception {
    TorchRuntime.load();
    if (built.isEmpty()) {
      built = Optional.of(build());
    }
    String file = built.get().toString();
    String torch = Path.of(LibUtils.getLibtorchPath(), "libtorch_cpu.so").toString();
    return new FakeCuda(
        new CudaLibraries(file, torch, file, List.of("no_such_library", file), cache));
  }

  private static Path build() throws Exception {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux")) {
      throw new TestAbortedException("The stand-in for a GPU is for Linux");
    }
    Path folder = Files.createTempDirectory("graft-fake-cuda-");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
    for (String name : List.of("host.h", "kernels_on_host.c", "fake_cuda.c")) {
      copy("/cuda/" + name, folder.resolve(name));
    }
    copy("/io/graft/cuda/kernels.cu", folder.resolve("kernels.cu"));
    List<String> link = new ArrayList<>(List.of("cc", "-shared", "-fPIC", "-o", "libfake_cuda.so"));
    link.add("fake_cuda.c");
    for (String type : TYPES) {
      String launch = "-DLAUNCH=launch_" + type.toLowerCase(Locale.ROOT);
      run(
          folder,
          List.of(
              "cc",
              "-O1",
              "-fPIC",
              "-D" + type,
              launch,
              "-c",
              "kernels_on_host.c",
              "-o",
              type + ".o"));
      link.add(type + ".o");
    }
    run(folder, link);
    return folder.resolve("libfake_cuda.so");
  }

  private static void delete(Path folder) {
    for (File file : folder.toFile().listFiles()) {
      DurableFiles.deleteQuietly(file.toPath());
    }
    DurableFiles.deleteQuietly(folder);
  }

  private static void copy(String resource, Path to) throws IOException {
    try (var source = FakeCuda.class.getResourceAsStream(resource)) {
      Files.copy(source, to);
    }
  }

  private static void run(Path folder, List<String> command) throws Exception {
    File log = folder.resolve("log").toFile();
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log)
              .start();
    } catch (IOException e) {
      throw new TestAbortedException("There is no C compiler", e);
    }
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new AssertionError(
          String.join(" ", command)
              + ": "
              + Files.readString(log.toPath(), StandardCharsets.UTF_8));
    }
  }

  /** Returns the libraries. */
  public CudaLibraries libraries() {
    return libraries;
  }

  /**
   * Begins a test without calls.
   *
   * @param computeCapability the compute capability of the stand-in, such as 90
   * @param wrong whether each launch then spoils one value of its output
   */
  public void begin(int computeCapability, boolean wrong) {
    fake.getFunction("fake_begin").invoke(new Object[] {computeCapability, wrong ? 1 : 0});
  }

  /** Returns a line for each compilation, load, launch and unload. */
  public List<String> calls() {
    String calls = fake.getFunction("fake_calls").invokeString(new Object[0], false);
    return calls.lines().map(String::strip).toList();
  }

  /** Returns how many contexts are still current or retained. */
  public int contextsLeft() {
    return fake.getFunction("fake_contexts_left").invokeInt(new Object[0]);
  }
}
