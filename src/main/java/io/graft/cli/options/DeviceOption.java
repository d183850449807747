package io.graft.cli.options;

import ai.djl.Device;
import io.graft.cli.report.Console;
import io.graft.runtime.Devices;
import io.graft.runtime.TorchRuntime;
import java.util.List;
import picocli.CommandLine.Option;

/** Where a command computes. */
public final class DeviceOption {

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description =
          "auto (all GPUs, or the CPU where there is none; the default), cpu, cuda (all GPUs), cuda:N"
              + " or cuda:0,1. A GPU that is asked for and absent is an error.")
  private String device;

  /** The devices, with the engine loaded; says once why a GPU that is present is not used. */
  public List<Device> resolve(Console console) {
    List<Device> devices = Devices.resolve(device);
    if (device.equals("cpu")) {
      TorchRuntime.loadCpuOnly();
    } else {
      TorchRuntime.load();
      TorchRuntime.unusedGpuNotice().ifPresent(console::say);
    }
    TorchRuntime.allocatorNotice().ifPresent(console::detail);
    console.detail("device: " + Devices.nameOf(devices) + ", " + TorchRuntime.describe());
    return devices;
  }
}
