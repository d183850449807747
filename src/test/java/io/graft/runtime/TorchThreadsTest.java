package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import io.graft.testing.JavaProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class TorchThreadsTest {

  /** How often libgomp spins by default, for 3 ms or more. */
  private static final long LIBGOMP_SPINS = 300_000;

  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors() + 1;

  @TempDir Path folder;

  /** Loads libtorch and prints how many threads an operator uses, and Graft's descriptions. */
  static final class Child {
    public static void main(String[] arguments) {
      TorchRuntime.load();
      System.out.println("threads " + JniUtils.getNumThreads());
      System.out.println(TorchThreads.describe());
      System.out.println("worth trying " + Processor.threadCounts());
      System.out.println(Devices.describe(Device.cpu()));
    }
  }

  private JavaProcess.Result run(Map<String, String> variables) throws Exception {
    return JavaProcess.run(
        folder,
        variables,
        folder,
        "-XX:ActiveProcessorCount=" + PROCESSORS,
        "-XX:TieredStopAtLevel=1",
        Child.class.getName());
  }

  /** Returns how often libgomp spins before it sleeps, which OMP_DISPLAY_ENV makes it print. */
  private static long spins(JavaProcess.Result result) {
    Matcher spins = Pattern.compile("GOMP_SPINCOUNT = '(\\d+)'").matcher(result.err());
    assertThat(spins.find()).as(result.err()).isTrue();
    return Long.parseLong(spins.group(1));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void usesOneThreadPerProcessorAndLimitsSpinning() throws Exception {
    JavaProcess.Result result = run(Map.of("OMP_DISPLAY_ENV", "VERBOSE"));
    assertThat(result.out()).contains("threads " + PROCESSORS + "\n");
    long spins = spins(result);
    assertThat(spins).isPositive().isLessThan(LIBGOMP_SPINS / 10);
    assertThat(result.out()).contains(PROCESSORS + " within an operator", spins + " times");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void settingsOfTheUserStay() throws Exception {
    JavaProcess.Result result =
        run(
            Map.of(
                "OMP_DISPLAY_ENV", "VERBOSE", "OMP_NUM_THREADS", "1", "OMP_WAIT_POLICY", "active"));
    assertThat(spins(result)).isGreaterThan(LIBGOMP_SPINS);
    assertThat(result.out())
        .contains("threads 1\n", "OMP_NUM_THREADS", "OMP_WAIT_POLICY")
        .contains("worth trying [1]\n", "threads: 1)");
  }

  /** Multiplies matrices, with MKL if present, and returns the number of threads that did it. */
  private static long multiply() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray matrix = manager.ones(new Shape(500, 500));
      matrix.matMul(matrix).toByteBuffer();
    }
    // An operator's threads have the name of the thread that called it.
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      return tasks.filter(task -> nameOf(task).equals(Thread.currentThread().getName())).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String nameOf(Path task) {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (IOException e) {
      // The thread has ended.
      return "";
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void theNumberAppliesToMatrixProducts() {
    TorchRuntime.load();
    CompletableFuture<List<Long>> counts = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () ->
                counts.complete(
                    List.of(
                        TorchThreads.with(1, TorchThreadsTest::multiply),
                        TorchThreads.with(3, TorchThreadsTest::multiply))),
            "multiplies");
    caller.start();
    assertThat(counts.join()).containsExactly(1L, 3L);
  }

  @Test
  void theNumberAppliesToTheCallingThreadOnly() {
    TorchRuntime.load();
    int usual = TorchThreads.count();
    AtomicInteger within = new AtomicInteger();
    int ofOther =
        TorchThreads.with(
            usual + 1,
            () -> {
              within.set(TorchThreads.count());
              // The new thread first calls libtorch while this thread's number is changed.
              CompletableFuture<Integer> other = new CompletableFuture<>();
              new Thread(() -> other.complete(TorchThreads.count())).start();
              return other.join();
            });
    assertThat(ofOther).isEqualTo(usual);
    assertThat(TorchThreads.count()).isEqualTo(usual);
    assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
    assertThat(within).hasValue(usual + 1);
  }
}
