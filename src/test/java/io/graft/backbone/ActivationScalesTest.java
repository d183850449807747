package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.graft.nn.Network;
import io.graft.runtime.Progress;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import org.junit.jupiter.api.Test;

class ActivationScalesTest {

  /**
   * Other scales would invalidate stored int8 features. The expected scales were computed on CPUs
   * with AVX2, AVX512 and VNNI, which all agreed.
   */
  @Test
  void scalesAreTheSameOnEveryCpu() {
    BackboneSpec backbone = Zoo.find("vgg16_bn_small");
    Network network = backbone.network();
    try (FrozenLayers exact =
        FrozenLayers.of(
            network.prefix(network.indexAfter("block5_pool")),
            backbone.input(),
            () -> new WeightChoice.Pretrained().open(backbone, Progress.NONE),
            Device.cpu(),
            Plan.exact(Device.cpu()))) {
      assertThat(ActivationScales.of(exact, () -> {}))
          .containsExactly(
              0.053710938f,
              0.04296875f,
              0.041015625f,
              0.032226562f,
              0.034179688f,
              0.024902344f,
              0.024902344f,
              0.023925781f,
              0.021972656f,
              0.033203125f,
              0.020507812f,
              0.022460938f);
    }
  }
}
