package io.graft.backbone;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.nn.Precision;
import io.graft.runtime.Processor;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** What the choice of a plan asks of the machine. Tests simulate machines. */
interface Instruments {

  /** The instruments of this machine. */
  Instruments HERE = new Instruments() {};

  /**
   * Returns a clock for the passes on a device, in nanoseconds. For a CPU it is the time that the
   * calling thread computes, which other programs hardly change. All threads of an operator do
   * equal shares of its work, so this is the time of the operator on an idle machine.
   */
  default LongSupplier clock(Device device) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    boolean measures =
        threads.isCurrentThreadCpuTimeSupported() && threads.isThreadCpuTimeEnabled();
    return !device.isGpu() && measures ? threads::getCurrentThreadCpuTime : System::nanoTime;
  }

  /** Returns a clock that also counts the time that a thread waits for others. */
  default LongSupplier wallClock() {
    return System::nanoTime;
  }

  /**
   * Returns why a precision is not worth measuring on the manager's device, as the end of a
   * sentence; empty if it is.
   */
  default Optional<String> unfit(Precision precision, NDManager manager) {
    return manager.getDevice().isGpu()
        ? Optional.empty()
        : Instructions.unfit(precision, manager, clock(manager.getDevice()));
  }

  /** Returns the numbers of threads worth trying, in ascending order. */
  default List<Integer> threadCounts() {
    return Processor.threadCounts();
  }
}
