package io.graft.cli;

import ai.djl.Device;
import io.graft.runtime.Devices;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.TorchRuntime;
import java.util.List;
import picocli.CommandLine.Option;

/** Where a command computes. */
final class DeviceOption {

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description =
          "auto (a GPU if there is one, the default), cpu, cuda or cuda:N. A GPU that is asked for"
              + " and absent is an error.")
  private String device;

  /** The device, with the engine loaded; says once why a GPU that is present is not used. */
  Device resolve(Console console) {
    List<Device> devices = Devices.resolve(device);
    if (devices.size() > 1) {
      throw new InvalidOptionException(
          "Device is " + device + ": expected one device, such as cuda:0.");
    }
    if (device.equals("cpu")) {
      TorchRuntime.loadCpuOnly();
    } else {
      TorchRuntime.load();
      TorchRuntime.unusedGpuNotice().ifPresent(console::say);
    }
    TorchRuntime.allocatorNotice().ifPresent(console::detail);
    console.detail("device: " + Devices.nameOf(devices.get(0)) + ", " + TorchRuntime.describe());
    return devices.get(0);
  }
}
