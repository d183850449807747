package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import org.junit.jupiter.api.Test;

class VersionsTest {

  @Test
  void areTheVersionsOfTheBuild() {
    assertThat(Versions.graft()).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(Versions.djlEngine()).matches("\\d+\\.\\d+\\.\\d+");
    assertThat(Versions.libtorch()).matches("\\d+\\.\\d+\\.\\d+");
    TorchRuntime.load();
    assertThat(Versions.djlApi()).isEqualTo(Engine.getDjlVersion());
  }
}
