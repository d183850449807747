package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevicesTest {

  @Test
  void resolvesAvailableDevices() {
    assertThat(resolve("auto", 0)).containsExactly(Device.cpu());
    assertThat(resolve("auto", 2)).containsExactly(Device.gpu(0), Device.gpu(1));
    assertThat(resolve("cuda", 3)).containsExactly(Device.gpu(0), Device.gpu(1), Device.gpu(2));
    assertThat(resolve("cuda:1", 2)).containsExactly(Device.gpu(1));
    assertThat(resolve("cuda:1,0", 2)).containsExactly(Device.gpu(1), Device.gpu(0));
  }

  @Test
  void namesAreSpecifications() {
    for (String specification : List.of("cpu", "cuda:0", "cuda:1,0", "cuda:0,2,3")) {
      assertThat(Devices.nameOf(resolve(specification, 4))).isEqualTo(specification);
    }
    assertThat(Devices.nameOf(resolve("cuda", 2))).isEqualTo("cuda:0,1");
    assertThat(Devices.nameOf(List.of(Device.cpu(), Device.cpu()))).isEqualTo("cpu,cpu");
  }

  @Test
  void theCpuIsResolvedWithoutCountingGpus() {
    List<Device> devices =
        Devices.resolve(
            "cpu",
            () -> {
              throw new AssertionError("counted the GPUs");
            },
            () -> "");
    assertThat(devices).containsExactly(Device.cpu());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "gpu",
        "CUDA",
        "cuda:",
        "cuda:-1",
        "cuda:0,",
        "cuda:0,,1",
        "cuda:9999",
        "cpu:0"
      })
  void refusesOtherForms(String specification) {
    assertThatThrownBy(() -> resolve(specification, 2))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContainingAll("Unknown device: " + specification, "cuda:0,1");
  }

  @Test
  void refusesADeviceNamedTwice() {
    assertThatThrownBy(() -> resolve("cuda:1,1", 2))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("twice");
    assertThatThrownBy(() -> resolve(null, 2)).isInstanceOf(InvalidOptionException.class);
  }

  @Test
  void saysWhyACudaDeviceIsAbsent() {
    assertThatThrownBy(() -> resolve("cuda", 0))
        .isInstanceOf(DeviceException.class)
        .hasMessageContainingAll("cuda is not available", "because", "Choose the device cpu");
    assertThatThrownBy(() -> resolve("cuda:0,2", 2))
        .isInstanceOf(DeviceException.class)
        .hasMessageContainingAll("cuda:2", "2 GPUs, cuda:0 to cuda:1");
    assertThatThrownBy(() -> resolve("cuda:1", 1))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("one GPU, cuda:0");
  }

  private static List<Device> resolve(String specification, int gpuCount) {
    return Devices.resolve(specification, () -> gpuCount, () -> "because");
  }
}
