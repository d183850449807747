package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TorchRuntimeTest {

  @Test
  void loadsOnceFromManyThreadsWithTelemetryOff() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Callable<Engine>> loads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      loads.add(
          () -> {
            TorchRuntime.load();
            return Engine.getEngine("PyTorch");
          });
    }
    try {
      List<Engine> engines = new ArrayList<>();
      for (Future<Engine> load : threads.invokeAll(loads)) {
        engines.add(load.get());
      }
      assertThat(engines).hasSize(4).containsOnly(engines.get(0));
      assertThat(engines.get(0).getVersion()).startsWith(Versions.libtorch());
    } finally {
      threads.shutdownNow();
    }
    assertThat(System.getProperty("OPT_OUT_TRACKING")).isEqualTo("true");
    assertThat(System.getProperty("ai.djl.offline")).as("restored").isNull();
    assertThat(TorchRuntime.describe()).isNotBlank();
  }

  @Test
  void resolvesTheCpuOfThisMachine() {
    assertThat(Devices.resolve("cpu")).containsExactly(Device.cpu());
  }
}
