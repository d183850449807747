package io.graft.zoo;

import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.Vgg;
import io.graft.nn.WeightLayout;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.net.URI;
import java.util.List;
import java.util.OptionalLong;

/**
 * The backbones that Graft knows.
 *
 * @see <a
 *     href="https://github.com/pytorch/vision/blob/main/torchvision/models/vgg.py">torchvision's
 *     vgg.py, for files, digests and accuracies</a>
 * @see <a href="https://github.com/keras-team/keras/blob/master/keras/src/applications/vgg16.py">
 *     Keras's vgg16.py, for files and digests</a>
 * @see <a href="https://keras.io/api/applications/">Keras Applications, for accuracies</a>
 * @see <a href="https://huggingface.co/timm/vgg16.tv_in1k">timm's card of vgg16.tv_in1k</a>
 */
public final class Zoo {

  private static final String TORCHVISION = "https://download.pytorch.org/models/";
  private static final String KERAS =
      "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/";

  /** Of one revision, since the digest is that of what was published in it. */
  private static final String TIMM =
      "https://huggingface.co/timm/vgg16.tv_in1k/resolve/b8d8aa2dd860af9233c8c67385a8097fd6c35d3f/model.safetensors";

  /**
   * timm's card gives no digest. Two projects that fetch the file, independent of each other, have
   * this one: ferrotorch (ferrotorch-hub's registry.rs) and dew (its lpips.py, which names the
   * revision as well).
   */
  private static final String TIMM_SHA256 =
      "57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8";

  /** Oxford's Visual Geometry Group released the weights that Keras's are made of so. */
  private static final String OXFORD_LICENCE = "CC BY 4.0";

  /**
   * torchvision trained its own weights; neither the files nor its documentation name a licence.
   */
  private static final String TORCHVISION_LICENCE = "see source";

  private static final double VGG16_TORCHVISION_TOP1_PERCENT = 71.592;
  private static final double VGG16_KERAS_TOP1_PERCENT = 71.3;

  private static final List<BackboneSpec> BACKBONES =
      List.of(
          torchvision("vgg11", "8a719046", 69.020),
          torchvision("vgg13", "19584684", 69.928),
          torchvision(
              "vgg16",
              "vgg16-397923af.pth",
              OptionalLong.of(553_433_881),
              FileDigest.sha256("397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0"),
              VGG16_TORCHVISION_TOP1_PERCENT),
          torchvision("vgg19", "dcbb9e9d", 72.376),
          torchvision("vgg11_bn", "6002323d", 70.370),
          torchvision("vgg13_bn", "abd245e5", 71.586),
          torchvision("vgg16_bn", "6c64b313", 73.360),
          torchvision("vgg19_bn", "c79401a0", 74.218),
          new BackboneSpec(
              "vgg16.tv_in1k",
              vgg("vgg16"),
              InputSpec.TORCHVISION,
              WeightLayout.TIMM,
              new PublishedFile(
                  URI.create(TIMM),
                  "vgg16.tv_in1k.safetensors",
                  OptionalLong.empty(),
                  FileDigest.sha256(TIMM_SHA256)),
              "BSD-3-Clause",
              VGG16_TORCHVISION_TOP1_PERCENT),
          keras(
              "vgg16.keras",
              vgg("vgg16"),
              "vgg16_weights_tf_dim_ordering_tf_kernels.h5",
              553_467_096,
              "64373286793e3c8b2b4e3219cbf3544b"),
          keras(
              "vgg16.keras_notop",
              vgg("vgg16").prefix(vgg("vgg16").indexBehind("block5_pool")),
              "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
              58_889_256,
              "6d6bbae143d832006294945121d1f1fc"));

  private Zoo() {}

  /** Every backbone. */
  public static List<BackboneSpec> backbones() {
    return BACKBONES;
  }

  /**
   * The backbone of that name.
   *
   * @throws InvalidOptionException if there is none; the message names the nearest
   */
  public static BackboneSpec find(String name) {
    List<String> names = BACKBONES.stream().map(BackboneSpec::name).toList();
    return BACKBONES.stream()
        .filter(backbone -> backbone.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidOptionException(
                    "No backbone '"
                        + name
                        + "'"
                        + Suggestions.didYouMean(name, names)
                        + " Expected one of "
                        + String.join(", ", names)
                        + "."));
  }

  private static Network vgg(String name) {
    return Vgg.network(name, Vgg.Dimensions.IMAGENET);
  }

  private static BackboneSpec torchvision(String name, String sha256Prefix, double top1Percent) {
    return torchvision(
        name,
        name + "-" + sha256Prefix + ".pth",
        OptionalLong.empty(),
        FileDigest.sha256Prefix(sha256Prefix),
        top1Percent);
  }

  private static BackboneSpec torchvision(
      String name, String fileName, OptionalLong sizeBytes, FileDigest digest, double top1Percent) {
    return new BackboneSpec(
        name,
        vgg(name),
        InputSpec.TORCHVISION,
        WeightLayout.TORCHVISION,
        new PublishedFile(URI.create(TORCHVISION + fileName), fileName, sizeBytes, digest),
        TORCHVISION_LICENCE,
        top1Percent);
  }

  private static BackboneSpec keras(
      String name, Network network, String fileName, long sizeBytes, String md5) {
    return new BackboneSpec(
        name,
        network,
        InputSpec.KERAS_CAFFE,
        WeightLayout.KERAS,
        new PublishedFile(
            URI.create(KERAS + fileName),
            fileName,
            OptionalLong.of(sizeBytes),
            FileDigest.md5(md5)),
        OXFORD_LICENCE,
        VGG16_KERAS_TOP1_PERCENT);
  }
}
