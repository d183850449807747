package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.tensors.SafetensorsFile;
import io.graft.testing.Fixtures;
import io.graft.testing.OwnFiles;
import io.graft.testing.TinyPictures;
import io.graft.testing.WeightFiles;
import io.graft.zoo.Zoo;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code --weights FILE}: the backbone that a file selects, and files that are refused. */
@Timeout(120)
class WeightsFileTest {

  @TempDir static Path root;

  private static Path data;

  /** VGG16 without the classifier, in Keras's layout. All weights are zero. */
  private static Path kerasNotop;

  @BeforeAll
  static void prepare() throws IOException {
    data = root.resolve("data");
    TinyPictures.draw(data, 1, 1, "rose", "tulip");
    kerasNotop = root.resolve("notop.h5");
    try (InputStream zeros =
        new GZIPInputStream(
            new GZIPInputStream(
                Files.newInputStream(Fixtures.path("vgg16_keras_notop_zeros.h5.gz.gz"))))) {
      Files.copy(zeros, kerasNotop);
    }
  }

  private static Object[] extract(Object... more) {
    Object[] words = {
      "extract", "--data", data, "--device", "cpu", "--boundary", "block1_pool", "--out"
    };
    Object[] all = new Object[words.length + more.length];
    System.arraycopy(words, 0, all, 0, words.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return all;
  }

  @Test
  void kerasFileSelectsItsBackboneAndReportsIt() {
    Path out = root.resolve("switched.safetensors");

    Cli cli = Cli.succeed(extract(out, "--weights", kerasNotop));

    assertThat(cli.err())
        .contains(kerasNotop + " holds the weights of vgg16.keras_notop", "images are prepared");
    try (SafetensorsFile file = SafetensorsFile.open(out)) {
      assertThat(file.metadata()).containsEntry("backbone", "vgg16.keras_notop");
    }
  }

  @Test
  void kerasFileOfTheNamedBackboneIsUsedSilently() {
    Path out = root.resolve("named.safetensors");

    Cli cli = Cli.succeed(extract(out, "--weights", kerasNotop, "--backbone", "vgg16.keras_notop"));

    assertThat(cli.err()).doesNotContain("holds the weights of");
    Cli.succeed(extract(out, "--weights", kerasNotop, "--backbone", "vgg16.keras"));
  }

  @Test
  void fileOfAnotherLayoutThanTheNamedBackboneIsRefused() {
    Path out = root.resolve("refused.safetensors");
    Path torchvision = Fixtures.path("tiny_vgg16_torchvision.safetensors");

    Cli.run(extract(out, "--weights", kerasNotop, "--backbone", "vgg16.tv_in1k"))
        .failsWith(4, kerasNotop.toString(), "Keras's names", "vgg16.tv_in1k", "graft zoo list");
    Cli.run(extract(out, "--weights", torchvision, "--backbone", "vgg16.keras"))
        .failsWith(4, torchvision.toString(), "torchvision's names", "vgg16.keras");
    assertThat(out).doesNotExist();
  }

  @Test
  void vgg16RefusesTheWeightsOfVgg19() throws IOException {
    Path vgg19 = root.resolve("weights/vgg19.safetensors");
    WeightFiles.write(
        vgg19,
        shapes -> {
          shapes.clear();
          Zoo.find("vgg19")
              .network()
              .parameterShapes()
              .forEach((name, shape) -> shapes.put(name, shape.getShape()));
        });

    // In VGG16 this is the first convolution of block 4, in VGG19 a ReLU without weights.
    Cli.run(extract(root.resolve("vgg19.safetensors"), "--weights", vgg19))
        .failsWith(
            4,
            vgg19.toString(),
            "does not hold the weights of vgg16",
            "tensor 'features.17.weight' [512, 256, 3, 3] is missing",
            "--backbone");
  }

  /** torchvision computed the features of both files from the same parameters. */
  @Test
  void ownNetworkInACheckpointGivesTheFeaturesOfItsConvolutionsAlone() throws IOException {
    Path alone = OwnFiles.unpack("features_alone.safetensors", root);
    Path checkpoint = OwnFiles.unpack("lightning.ckpt", root);
    Object[] own = {"--backbone", "vgg16.w0.015625.s32"};
    Path first = root.resolve("alone.safetensors");
    Path second = root.resolve("wrapped.safetensors");

    Cli silent = Cli.succeed(extract(first, "--weights", alone, own[0], own[1]));
    Cli named = Cli.succeed(extract(second, "--weights", checkpoint, own[0], own[1]));

    assertThat(silent.err()).doesNotContain("ignored");
    assertThat(named.err())
        .containsOnlyOnce(
            "lightning.ckpt: ignored 7 tensors after the boundary: model.classifier.0")
        .contains("and 1 more. No layer of vgg16.w0.015625.s32 takes them.");
    assertThat(Files.readAllBytes(second)).isEqualTo(Files.readAllBytes(first));
    Path model = root.resolve("own-model");
    Cli trained =
        Cli.succeed(
            "train",
            "--data",
            data,
            "--out",
            model,
            "--device",
            "cpu",
            "--epochs",
            1,
            "--validation-split",
            0,
            "--backbone",
            own[1],
            "--weights",
            checkpoint);
    assertThat(trained.err()).containsOnlyOnce("ignored 7 tensors after the boundary");
    try (Stream<Path> roses = Files.list(data.resolve("rose"))) {
      Cli.succeed("predict", "--model", model, "--device", "cpu", roses.findFirst().orElseThrow());
    }
  }

  @Test
  void fcHeadNeedsTheClassifier() {
    Path out = root.resolve("model");
    Object[] train = {
      "train",
      "--data",
      data,
      "--out",
      out,
      "--device",
      "cpu",
      "--validation-split",
      0,
      "--head",
      "fc",
      "--weights",
      kerasNotop
    };

    Cli.run(train)
        .failsWith(2, "Head fc", "vgg16", "without the classifier", "Options: --head, --weights.");
    Object[] named = new Object[train.length + 2];
    System.arraycopy(train, 0, named, 0, train.length);
    named[train.length] = "--backbone";
    named[train.length + 1] = "vgg16.keras";
    Cli.run(named).failsWith(4, "without its classifier", "Options: --head, --weights.");
    assertThat(out).doesNotExist();
  }
}
