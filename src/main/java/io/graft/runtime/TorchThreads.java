package io.graft.runtime;

import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Sets how many threads libtorch uses within one operator, and how these threads wait for work.
 *
 * <p>By default, waiting threads of libgomp spin for milliseconds before they sleep. On a busy
 * machine, they take the processor from the thread that they wait for. This class limits the
 * spinning. That costs almost nothing on an idle machine, because most gaps between operators are
 * much shorter.
 */
public final class TorchThreads {

  /** How often a waiting thread spins: about 0.07 ms on a Zen 5. See docs/design.md. */
  private static final String SPINS = "4000";

  private static final String DJL_NUMBER = "ai.djl.pytorch.num_threads";

  /** The name of the user's setting for the number; empty if Graft chooses it. */
  private static Optional<String> usersNumber = Optional.empty();

  private static String waiting = "";

  private TorchThreads() {}

  /** For dlopen(3). JNA's default would make libtorch's symbols visible to other libraries. */
  private static final int RTLD_LAZY = 1;

  /** The functions of OpenMP and MKL that set the calling thread's number of threads. */
  private static final class Setters {
    private static final List<Function> ALL = find(HostEnvironment.current());

    private static List<Function> find(HostEnvironment host) {
      List<Function> found = new ArrayList<>();
      try {
        NativeLibrary torch = library(host);
        found.add(torch.getFunction("omp_set_num_threads"));
        found.add(torch.getFunction("MKL_Set_Num_Threads_Local"));
      } catch (LinkageError e) {
        // This libtorch is built without MKL, or on Windows does not export OpenMP's function.
      }
      return List.copyOf(found);
    }
  }

  /**
   * Returns libtorch's library, for calls of functions that DJL does not offer.
   *
   * @throws LinkageError if it or JNA cannot be loaded
   */
  static NativeLibrary library(HostEnvironment host) {
    Path folder = Path.of(LibUtils.getLibtorchPath()).toAbsolutePath();
    return NativeLibrary.getInstance(
        folder.resolve(host.fileNameOf("torch_cpu")).toString(),
        Map.of(Library.OPTION_OPEN_FLAGS, RTLD_LAZY));
  }

  /**
   * Applies the settings that the user has not set. Call it before libtorch is loaded, because its
   * libraries read them at that moment.
   */
  static void tune(HostEnvironment host) {
    usersNumber =
        Stream.of("OMP_NUM_THREADS", "MKL_NUM_THREADS")
            .filter(name -> host.variable(name) != null)
            .findFirst()
            .or(() -> Optional.of(DJL_NUMBER).filter(n -> host.properties().apply(n) != null));
    if (usersNumber.isEmpty()) {
      System.setProperty(DJL_NUMBER, Integer.toString(Runtime.getRuntime().availableProcessors()));
    }
    waiting = tuneWaiting(host);
  }

  private static String tuneWaiting(HostEnvironment host) {
    for (String name : List.of("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")) {
      if (host.variable(name) != null) {
        return "they wait as " + name + " says";
      }
    }
    if (host.os() != HostEnvironment.Os.LINUX) {
      return "they wait as usual on this operating system";
    }
    try {
      Function setenv = NativeLibrary.getProcess().getFunction("setenv");
      setenv.invokeInt(new Object[] {"GOMP_SPINCOUNT", SPINS, 1});
      return "they spin at most " + SPINS + " times before they sleep";
    } catch (LinkageError e) {
      return "they spin for milliseconds before they sleep: JNA cannot set less: " + e;
    }
  }

  /** Returns how many threads an operator uses if the current thread calls it. */
  public static int count() {
    return JniUtils.getNumThreads();
  }

  /**
   * Runs work with a given number of threads within one operator. Changes the number only for the
   * calling thread. The setter of libtorch would also change it for threads that start during the
   * work. On Windows, this method does not change the number.
   */
  public static <T> T with(int threads, Supplier<T> work) {
    int usual = count();
    if (threads == usual) {
      return work.get();
    }
    set(threads);
    try {
      return work.get();
    } finally {
      set(usual);
    }
  }

  private static void set(int threads) {
    Setters.ALL.forEach(setter -> setter.invokeInt(new Object[] {threads}));
  }

  /** Returns whether the user set the number of threads. The engine must be loaded. */
  static boolean areSetByUser() {
    return usersNumber.isPresent();
  }

  /** Describes the threads for people. Call this method after the engine is loaded. */
  static String describe() {
    String number = usersNumber.orElse("one for each processor that Java may use");
    return count() + " within an operator (" + number + "); " + waiting;
  }
}
