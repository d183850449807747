package io.graft;

import ai.djl.Device;
import io.graft.data.ImageFolder;
import io.graft.features.FeatureCache;
import io.graft.nn.Precision;
import io.graft.recipe.FitOptions;
import io.graft.runtime.SplitMix64;
import io.graft.tensors.TensorType;
import io.graft.zoo.WeightChoice;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.imageio.ImageIO;

/** The images, networks and options of make_finetuning.py. */
final class FineTuning {

  /** The number of images of each of the four classes. */
  static final int PER_CLASS = 10;

  private static final int SIZE = 64;
  private static final int[][] BRIGHTNESS = {
    {20, 90, 60}, {110, 30, 10}, {70, 60, 120}, {0, 128, 100}
  };

  private FineTuning() {}

  /** Draws the images into a folder per class, with sorted names. */
  static ImageFolder draw(Path folder) throws IOException {
    for (int number = 0; number < BRIGHTNESS.length * PER_CLASS; number++) {
      int label = number / PER_CLASS;
      Path classFolder = Files.createDirectories(folder.resolve("class" + label));
      String name = String.format(Locale.ROOT, "%02d.png", number);
      ImageIO.write(image(number, BRIGHTNESS[label]), "png", classFolder.resolve(name).toFile());
    }
    return ImageFolder.open(folder);
  }

  /** Returns the drawn images. */
  static ImageFolder open(Path folder) {
    return ImageFolder.open(folder);
  }

  /** Returns the trained parameters of a saved model by name. */
  static Map<String, float[]> parameters(Path model) throws IOException {
    GoldenTensors tensors = GoldenTensors.read(model.resolve("head.safetensors"));
    Map<String, float[]> parameters = new TreeMap<>();
    tensors.names().forEach(name -> parameters.put(name, tensors.floats(name)));
    return parameters;
  }

  private static BufferedImage image(int number, int[] brightness) {
    BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        int rgb = 0;
        for (int channel = 0; channel < 3; channel++) {
          long position = ((long) number << 20) + 3L * (y * SIZE + x) + channel;
          long noise = SplitMix64.mix(position + SplitMix64.GOLDEN_GAMMA) >>> 57;
          rgb = rgb << 8 | (int) (brightness[channel] + noise);
        }
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  /** Returns options that keep rows in float32 until the fit ends. */
  static LearnerOptions learning() {
    return new LearnerOptions(
        new WeightChoice.Random(1),
        List.of(Device.cpu()),
        Optional.of(Precision.FP32),
        FeatureCache.off(),
        TensorType.F32);
  }

  /** Returns the generator's batch size, epochs and seed. */
  static FitOptions options() {
    return FitOptions.defaults().withBatchSize(8).withEpochs(4).withSeed(7);
  }

  /** Returns a VGG with four channels in its first block. */
  static String backbone(String network) {
    return network + ".w0.0625.s" + SIZE;
  }
}
