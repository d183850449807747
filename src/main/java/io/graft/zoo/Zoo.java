package io.graft.zoo;

import io.graft.fetch.FileDigest;
import io.graft.fetch.FileDigest.Algorithm;
import io.graft.fetch.PublishedFile;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.Vgg;
import io.graft.runtime.DecimalText;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import io.graft.weights.WeightLayout;
import java.math.BigDecimal;
import java.net.URI;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  /** The address of a fixed revision, because another revision may have another digest. */
  private static final String TIMM =
      "https://huggingface.co/timm/vgg16.tv_in1k/resolve/b8d8aa2dd860af9233c8c67385a8097fd6c35d3f/model.safetensors";

  /**
   * timm's card gives no digest. Two independent projects use this digest: ferrotorch (registry.rs
   * of ferrotorch-hub) and dew (lpips.py, for the same revision).
   */
  private static final String TIMM_SHA256 =
      "57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8";

  private static final double VGG16_TORCHVISION_TOP1_PERCENT = 71.592;

  /** The form of a name: {@code NAME[.wWIDTH][.sSIZE]}. */
  private static final Pattern NAME =
      Pattern.compile("(.+?)(?:\\.w([0-9]+(?:\\.[0-9]+)?))?(?:\\.s([0-9]{1,5}))?");

  private static final int MOST_CHANNELS = 256;
  private static final String LAST_POOLING = "block5_pool";

  private static final List<BackboneSpec> BACKBONES =
      List.of(
          torchvision("vgg11", "8a719046", 69.020),
          torchvision("vgg13", "19584684", 69.928),
          torchvision(
              "vgg16",
              OptionalLong.of(553_433_881),
              new FileDigest(
                  Algorithm.SHA256,
                  "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0"),
              VGG16_TORCHVISION_TOP1_PERCENT),
          torchvision("vgg19", "dcbb9e9d", 72.376),
          torchvision("vgg11_bn", "6002323d", 70.370),
          torchvision("vgg13_bn", "abd245e5", 71.586),
          torchvision("vgg16_bn", "6c64b313", 73.360),
          torchvision("vgg19_bn", "c79401a0", 74.218),
          published(
              "vgg16.tv_in1k",
              vgg("vgg16"),
              WeightLayout.TIMM,
              new PublishedFile(
                  URI.create(TIMM),
                  "vgg16.tv_in1k.safetensors",
                  OptionalLong.empty(),
                  new FileDigest(Algorithm.SHA256, TIMM_SHA256)),
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
              vgg("vgg16").prefix(vgg("vgg16").indexAfter(LAST_POOLING)),
              "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
              58_889_256,
              "6d6bbae143d832006294945121d1f1fc"),
          small());

  private Zoo() {}

  /** Returns all backbones. */
  public static List<BackboneSpec> backbones() {
    return BACKBONES;
  }

  /**
   * Returns the backbone of a name.
   *
   * <p>A name may have a suffix for another image size: {@code vgg16.s128} takes images of 128
   * pixels. A suffix for the width selects a network for the user's own weights: {@code
   * vgg16_bn.w0.25.s96} has a quarter of the channels.
   *
   * @throws InvalidOptionException if there is no such backbone; the message suggests a name
   */
  public static BackboneSpec find(String name) {
    Matcher form = NAME.matcher(name);
    if (!form.matches()) {
      return listed(name);
    }
    String base = form.group(1);
    BackboneSpec found = form.group(2) == null ? listed(base) : own(base, form.group(2));
    return form.group(3) == null ? found : found.withImageSize(Integer.parseInt(form.group(3)));
  }

  /**
   * Returns a backbone for the user's own weights.
   *
   * @param network the name of a network, such as {@code vgg16_bn}
   * @param width the number of channels of each layer relative to the paper's, such as 0.25
   * @param imageSize the width and height of the input, in pixels, a multiple of 32
   */
  public static BackboneSpec own(String network, double width, int imageSize) {
    return own(network, new BigDecimal(DecimalText.of(width)).stripTrailingZeros().toPlainString())
        .withImageSize(imageSize);
  }

  private static BackboneSpec own(String network, String width) {
    Vgg.Dimensions paper = Vgg.Dimensions.IMAGENET;
    double channels = paper.firstChannels() * Double.parseDouble(width);
    if (!(channels >= 1 && channels <= MOST_CHANNELS && channels == Math.rint(channels))) {
      throw new InvalidOptionException(
          ("Width is %s: expected a factor from 1/64 to 4 that makes all numbers of channels whole,"
                  + " such as 0.25.")
              .formatted(width));
    }
    Network whole =
        Vgg.network(
            network,
            new Vgg.Dimensions(
                paper.imageSize(), (int) channels, paper.hiddenFeatures(), paper.classes()));
    return new BackboneSpec(
        network + ".w" + width,
        whole.prefix(whole.indexAfter(LAST_POOLING)),
        InputSpec.centred(paper.imageSize()),
        WeightLayout.TORCHVISION,
        new WeightOrigin.Own(),
        "its owner's",
        OptionalDouble.empty());
  }

  /** Returns the backbone that src/pretrain/vgg16_bn_small.sh trains on drawn pictures. */
  private static BackboneSpec small() {
    BackboneSpec trained = own("vgg16_bn", "0.25").withImageSize(96);
    return new BackboneSpec(
        "vgg16_bn_small",
        trained.network(),
        trained.input(),
        trained.layout(),
        new WeightOrigin.Bundled("vgg16_bn_small.safetensors"),
        "Apache-2.0",
        OptionalDouble.empty());
  }

  private static BackboneSpec listed(String name) {
    List<String> names = BACKBONES.stream().map(BackboneSpec::name).toList();
    return BACKBONES.stream()
        .filter(backbone -> backbone.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidOptionException(
                    "No backbone '%s'%s Expected one of %s."
                        .formatted(
                            name, Suggestions.didYouMean(name, names), String.join(", ", names))));
  }

  private static Network vgg(String name) {
    return Vgg.network(name, Vgg.Dimensions.IMAGENET);
  }

  private static BackboneSpec torchvision(String name, String sha256Prefix, double top1Percent) {
    return torchvision(
        name,
        OptionalLong.empty(),
        new FileDigest(Algorithm.SHA256_PREFIX, sha256Prefix),
        top1Percent);
  }

  private static BackboneSpec torchvision(
      String name, OptionalLong sizeBytes, FileDigest digest, double top1Percent) {
    String file = name + "-" + digest.hex().substring(0, 8) + ".pth";
    return published(
        name,
        vgg(name),
        WeightLayout.TORCHVISION,
        new PublishedFile(URI.create(TORCHVISION + file), file, sizeBytes, digest),
        "see source", // Neither torchvision's files nor its documentation name a licence.
        top1Percent);
  }

  private static BackboneSpec keras(
      String name, Network network, String file, long sizeBytes, String md5) {
    return published(
        name,
        network,
        WeightLayout.KERAS,
        new PublishedFile(
            URI.create(KERAS + file),
            file,
            OptionalLong.of(sizeBytes),
            new FileDigest(Algorithm.MD5, md5)),
        "CC BY 4.0", // From Oxford's VGG, whose weights Keras converted.
        71.3);
  }

  private static BackboneSpec published(
      String name,
      Network network,
      WeightLayout layout,
      PublishedFile file,
      String licence,
      double top1Percent) {
    return new BackboneSpec(
        name,
        network,
        layout == WeightLayout.KERAS ? InputSpec.KERAS_CAFFE : InputSpec.TORCHVISION,
        layout,
        new WeightOrigin.Published(file),
        licence,
        OptionalDouble.of(top1Percent));
  }
}
