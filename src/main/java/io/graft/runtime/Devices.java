package io.graft.runtime;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.util.cuda.CudaUtils;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Finds devices by name, such as {@code cpu} or {@code cuda:0}. */
public final class Devices {

  private static final Pattern CUDA = Pattern.compile("cuda(:\\d{1,3}(,\\d{1,3})*)?");

  private Devices() {}

  /**
   * Returns the devices that a specification names.
   *
   * <ul>
   *   <li>{@code auto}: every CUDA device that the process may use, or the CPU if there is none
   *   <li>{@code cpu}: the CPU, without looking for GPUs
   *   <li>{@code cuda}: every CUDA device
   *   <li>{@code cuda:N}, {@code cuda:0,1}: CUDA devices by number
   * </ul>
   *
   * <p>Never falls back to the CPU if CUDA was requested. If a program uses {@code auto}, it should
   * show {@link TorchRuntime#unusedGpuNotice}.
   *
   * @throws InvalidOptionException if {@code specification} has none of these forms
   * @throws DeviceException if a named device is absent
   */
  public static List<Device> resolve(String specification) {
    return resolve(specification, TorchRuntime::gpuCount, TorchRuntime::whyNoCuda);
  }

  static List<Device> resolve(
      String specification, IntSupplier gpuCount, Supplier<String> whyNoCuda) {
    if ("cpu".equals(specification)) {
      return List.of(Device.cpu());
    } else if ("auto".equals(specification)) {
      int count = gpuCount.getAsInt();
      return count > 0 ? firstGpus(count) : List.of(Device.cpu());
    } else if (specification == null || !CUDA.matcher(specification).matches()) {
      throw new InvalidOptionException(
          "Unknown device: %s. Expected auto, cpu, cuda, cuda:N, or several as in cuda:0,1."
              .formatted(specification));
    }
    return cudaDevices(specification, gpuCount, whyNoCuda);
  }

  /** Returns the specification of one device, such as {@code cpu} or {@code cuda:0}. */
  public static String nameOf(Device device) {
    return device.isGpu() ? "cuda:" + device.getDeviceId() : device.getDeviceType();
  }

  /** Returns the specification of several devices, such as {@code cuda:0,1}. */
  public static String nameOf(List<Device> devices) {
    String first = nameOf(devices.get(0));
    return devices.stream()
        .skip(1)
        .map(device -> device.isGpu() ? "," + device.getDeviceId() : "," + nameOf(device))
        .collect(Collectors.joining("", first, ""));
  }

  /**
   * Returns the specification of a device and its model. For the CPU, adds the number of threads if
   * the user has set it. Timings are comparable between devices with equal descriptions.
   */
  public static String describe(Device device) {
    if (device.isGpu()) {
      return nameOf(device) + " (" + TorchRuntime.gpuModel(device.getDeviceId()) + ")";
    }
    TorchRuntime.load();
    String threads = TorchThreads.areSetByUser() ? ", threads: " + TorchThreads.count() : "";
    return nameOf(device) + " (" + Processor.describe() + threads + ")";
  }

  /** Returns the free memory of a GPU in bytes; 0 for the CPU, and if it is unknown. */
  public static long freeMemoryBytes(Device device) {
    if (!device.isGpu()) {
      return 0;
    }
    try {
      MemoryUsage memory = CudaUtils.getGpuMemory(device);
      return memory.getMax() - memory.getCommitted();
    } catch (EngineException | IllegalArgumentException | IllegalStateException e) {
      return 0;
    }
  }

  private static List<Device> firstGpus(int count) {
    return IntStream.range(0, count).mapToObj(Device::gpu).toList();
  }

  private static List<Device> cudaDevices(
      String specification, IntSupplier gpuCount, Supplier<String> whyNoCuda) {
    Set<Integer> numbers = numbers(specification);
    int count = gpuCount.getAsInt();
    if (count == 0) {
      throw new DeviceException(
          "Device %s is not available. %s Choose the device cpu, or auto, to run on the CPU."
              .formatted(specification, whyNoCuda.get()),
          "device");
    }
    if (numbers.isEmpty()) {
      return firstGpus(count);
    }
    List<Device> devices = new ArrayList<>();
    for (int number : numbers) {
      if (number >= count) {
        throw new DeviceException(
            ("Device cuda:%s is not available: this machine has %s. Name one of those, or change"
                    + " CUDA_VISIBLE_DEVICES.")
                .formatted(
                    number,
                    count == 1
                        ? "one GPU, cuda:0"
                        : count + " GPUs, cuda:0 to cuda:" + (count - 1)));
      }
      devices.add(Device.gpu(number));
    }
    return List.copyOf(devices);
  }

  /** Returns the device numbers in a specification, or none for {@code cuda}. */
  private static Set<Integer> numbers(String specification) {
    Set<Integer> numbers = new LinkedHashSet<>();
    if (specification.equals("cuda")) {
      return numbers;
    }
    for (String number : specification.substring("cuda:".length()).split(",", -1)) {
      if (!numbers.add(Integer.valueOf(number))) {
        throw new InvalidOptionException(
            "Device %s is named twice: %s. Expected each number once, such as cuda:0,1."
                .formatted(number, specification));
      }
    }
    return numbers;
  }
}
