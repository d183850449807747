package io.graft.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.GoldenTensors;
import io.graft.nn.Network;
import io.graft.nn.Vgg;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.testing.OwnFiles;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Networks that people trained, as PyTorch and Keras save them in files of every kind, alone and in
 * wrappers. make_own.py wrote the files and the expected parameters.
 */
class OwnNetworksTest {

  private static final Network VGG16 = Vgg.network("vgg16", new Vgg.Dimensions(32, 1, 4, 2));
  private static final GoldenTensors EXPECTED = GoldenTensors.open("/own/expected.safetensors");

  @TempDir static Path folder;

  /** The last layer that is read from each file, and the ignored tensors, sorted. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "five_classes.pth | fc2 | classifier.6.bias classifier.6.weight",
        "five_classes.safetensors | fc2 | classifier.6.bias classifier.6.weight",
        "model_module.safetensors | fc2"
            + " | model.module.classifier.6.bias model.module.classifier.6.weight",
        "module_orig_mod.pth | fc2"
            + " | _orig_mod.classifier.6.bias _orig_mod.classifier.6.weight",
        "orig_mod_module.pth | fc2"
            + " | _orig_mod.module.classifier.6.bias _orig_mod.module.classifier.6.weight",
        "model_state_dict.pth | fc2 | classifier.6.bias classifier.6.weight",
        "two_levels.pth | fc2 | classifier.6.bias classifier.6.weight",
        "lightning.ckpt | fc2"
            + " | criterion.weight model.classifier.6.bias model.classifier.6.weight",
        "averaged.pth | fc2 | module.classifier.6.bias module.classifier.6.weight",
        "whole_model.pth | fc2 | classifier.6.bias classifier.6.weight",
        "whole_model_inside.pth | fc2 | classifier.6.bias classifier.6.weight",
        "whole_features.pth | block5_pool | ''",
        "whole_parallel.pth | fc2 | classifier.6.bias classifier.6.weight",
        "settings.pth | fc2 | classifier.6.bias classifier.6.weight",
        "backbone.pth | block5_pool | head.1.bias head.1.weight",
        "sequential.pth | block5_pool | 2.bias 2.weight",
        "flat_sequential.pth | block5_pool | 32.bias 32.weight",
        "features_alone.pth | block5_pool | ''",
        "features_alone.safetensors | block5_pool | ''",
        "features_traced.pt | block5_pool | ''",
        "features_scripted.pt | block5_pool | ''",
        "net_scripted.pt | block5_pool | head.1.bias head.1.weight",
        "keras_sequential.keras | block5_pool | dense/bias dense/kernel",
        "keras_sequential.h5 | block5_pool | dense/bias dense/kernel",
        "keras_sequential.weights.h5 | block5_pool | dense/bias dense/kernel",
        "keras_functional.keras | block5_pool | *",
        "keras_functional.h5 | block5_pool | *",
        "keras_functional.weights.h5 | block5_pool | *",
        "keras_flat.keras | block5_pool | aux/bias aux/kernel fc1/bias fc1/kernel",
        "keras_flat.h5 | block5_pool | aux/bias aux/kernel fc1/bias fc1/kernel",
        "keras_flat.weights.h5 | block5_pool | aux/bias aux/kernel fc1/bias fc1/kernel",
        "keras_top.keras | fc2 | predictions/bias predictions/kernel",
        "keras_top.h5 | fc2 | predictions/bias predictions/kernel",
        "keras_top.weights.h5 | fc2 | predictions/bias predictions/kernel",
        "keras_subclass.weights.h5 | block5_pool | dense_2/bias dense_2/kernel",
        "keras_automatic.keras | block5_pool | *",
        "keras_automatic.h5 | block5_pool | *",
        "keras_automatic.weights.h5 | block5_pool | *",
        "keras_own_names.keras | block5_pool | a_head/bias a_head/kernel",
        "keras_own_names.h5 | block5_pool | a_head/bias a_head/kernel",
        "keras_own_names.weights.h5 | block5_pool | a_head/bias a_head/kernel",
        "keras_no_names.weights.h5 | block5_pool | dense/bias dense/kernel",
        "keras_twice_numbered.weights.h5 | block5_pool"
            + " | conv2d/bias conv2d/kernel dense/bias dense/kernel",
        "keras2_sequential.h5 | block5_pool | dense_1/bias dense_1/kernel",
      })
  void theBackboneIsReadAndTheRestIsNamed(String file, String last, String ignored) {
    try (TensorSource source = WeightFile.open(OwnFiles.unpack(file, folder))) {
      NetworkWeights weights = NetworkWeights.of(VGG16, source);
      Network held = VGG16.prefix(VGG16.indexAfter(last));
      assertThat(weights.network().parameterShapes()).isEqualTo(held.parameterShapes());
      for (String name : held.parameterShapes().keySet()) {
        ByteBuffer bytes = weights.tensors().readFloat32(name);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        assertThat(values).as(name).containsExactly(EXPECTED.floats(name));
      }
      if (!ignored.equals("*")) {
        assertThat(new TreeSet<>(weights.ignored().stream().map(TensorInfo::name).toList()))
            .containsExactlyElementsOf(ignored.isEmpty() ? List.of() : List.of(ignored.split(" ")));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stranger_twice.pth | 'a.features.0.weight' and 'b.features.0.weight'",
        "stranger_adapter.keras | tensor 'adapter/kernel' belongs to no layer",
        "stranger_adapter.h5 | tensor 'adapter/kernel' belongs to no layer",
        "stranger_call.pth | 'posix.system', which weights do not need",
      })
  void whatChangesTheFeaturesOrRunsCodeIsRefused(String file, String offence) {
    Path path = OwnFiles.unpack(file, folder);
    assertThatThrownBy(
            () -> {
              try (TensorSource source = WeightFile.open(path)) {
                NetworkWeights.of(VGG16, source);
              }
            })
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll(offence, path.toString(), "Expected");
    assertThat(Path.of("executed")).doesNotExist();
  }

  @Test
  void aWholeModelWithoutThisNetworkIsRefusedByItsNames() {
    Network vgg19 = Vgg.network("vgg19", new Vgg.Dimensions(32, 1, 4, 2));
    try (TensorSource source = WeightFile.open(OwnFiles.unpack("whole_model.pth", folder))) {
      assertThatThrownBy(() -> NetworkWeights.of(vgg19, source))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("tensor 'features.16.weight' [4, 4, 3, 3] is missing");
    }
  }
}
