package io.graft.zoo;

import io.graft.image.InputSpec;
import io.graft.nn.Vgg;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.List;

/**
 * The backbones that Graft knows.
 *
 * @see <a
 *     href="https://github.com/pytorch/vision/blob/main/torchvision/models/vgg.py">torchvision's
 *     vgg.py, for files, digests and accuracies</a>
 */
public final class Zoo {

  private static final String TORCHVISION = "https://download.pytorch.org/models/";

  /** Oxford's Visual Geometry Group released the networks under this licence. */
  private static final String LICENCE = "CC BY 4.0";

  private static final List<BackboneSpec> BACKBONES =
      List.of(
          torchvision("vgg11", "8a719046", 69.020),
          torchvision("vgg13", "19584684", 69.928),
          torchvision("vgg16", "397923af", 71.592),
          torchvision("vgg19", "dcbb9e9d", 72.376),
          torchvision("vgg11_bn", "6002323d", 70.370),
          torchvision("vgg13_bn", "abd245e5", 71.586),
          torchvision("vgg16_bn", "6c64b313", 73.360),
          torchvision("vgg19_bn", "c79401a0", 74.218));

  private Zoo() {}

  /** Every backbone, plain networks first. */
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

  private static BackboneSpec torchvision(String name, String sha256Prefix, double top1Percent) {
    String fileName = name + "-" + sha256Prefix + ".pth";
    return new BackboneSpec(
        name,
        Vgg.network(name, Vgg.Dimensions.IMAGENET),
        InputSpec.TORCHVISION,
        new BackboneSpec.PublishedWeights(
            TORCHVISION + fileName, fileName, sha256Prefix, LICENCE, top1Percent));
  }
}
