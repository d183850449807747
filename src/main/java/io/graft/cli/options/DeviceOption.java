package io.graft.cli.options;

import ai.djl.Device;
import io.graft.cli.report.Console;
import io.graft.runtime.Devices;
import io.graft.runtime.TorchRuntime;
import java.util.List;
import picocli.CommandLine.Option;

/** The option for the devices that a command uses. */
public final class DeviceOption {

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description =
          "auto (all GPUs, or the CPU if there is none), cpu, cuda (all GPUs), cuda:N or cuda:0,1;"
              + " ${DEFAULT-VALUE} if absent. Naming a GPU that is not there is an error.")
  private String device;

  /** Loads the engine and returns the devices. Prints the reason if a GPU is not used. */
  public List<Device> resolve(Console console) {
    List<Device> devices = Devices.resolve(device);
    if (device.equals("cpu")) {
      TorchRuntime.loadCpuOnly();
    } else {
      TorchRuntime.load();
      TorchRuntime.unusedGpuNotice().ifPresent(console::note);
    }
    TorchRuntime.allocatorNotice().ifPresent(console::detail);
    console.detail("device: " + Devices.nameOf(devices) + ", " + TorchRuntime.describe());
    return devices;
  }
}
