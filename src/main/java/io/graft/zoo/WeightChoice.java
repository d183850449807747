package io.graft.zoo;

import io.graft.nn.RandomWeights;
import io.graft.nn.WeightCheck;
import io.graft.runtime.CacheFolder;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.WeightsException;
import io.graft.weights.SafetensorsFile;
import io.graft.weights.TensorSource;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which weights a backbone gets. */
public sealed interface WeightChoice {

  /**
   * Opens the weights and checks that they are those of the backbone's network.
   *
   * @throws WeightsException if they are missing, unreadable, or of another network
   */
  TensorSource open(BackboneSpec backbone);

  /** The text that {@link #parse} turns into an equal choice, given the same seed. */
  String optionText();

  /** The weights that the zoo names, from Graft's cache folder. */
  record Pretrained() implements WeightChoice {
    @Override
    public TensorSource open(BackboneSpec backbone) {
      Path file = CacheFolder.path().resolve("weights").resolve(backbone.name() + ".safetensors");
      if (!Files.exists(file)) {
        BackboneSpec.PublishedWeights published = backbone.weights();
        throw new WeightsException(
            "The pretrained weights of "
                + backbone.name()
                + " are not on this machine: expected "
                + file
                + ", which is "
                + published.source()
                + " (SHA-256 "
                + published.sha256Prefix()
                + "..., "
                + published.licence()
                + ") saved as safetensors under the same tensor names. Put it there, for example"
                + " with Python: import torch, safetensors.torch as s;"
                + " s.save_file(torch.load('"
                + published.fileName()
                + "'), '"
                + file
                + "'). Or name a file with --weights FILE.safetensors, or start from --weights"
                + " random.");
      }
      return new FromFile(file).open(backbone);
    }

    @Override
    public String optionText() {
      return PRETRAINED;
    }
  }

  /** The weights in a file: safetensors with torchvision's names. */
  record FromFile(Path file) implements WeightChoice {
    /** Makes the path absolute, so that a saved model finds it from any working folder. */
    public FromFile {
      file = file.toAbsolutePath().normalize();
    }

    @Override
    public TensorSource open(BackboneSpec backbone) {
      SafetensorsFile opened = SafetensorsFile.open(file);
      try {
        WeightCheck.requireExactly(backbone.network(), opened);
      } catch (WeightsException e) {
        opened.close();
        throw e;
      }
      return opened;
    }

    @Override
    public String optionText() {
      return file.toString();
    }
  }

  /** Random weights, as {@link RandomWeights#kaimingUniform} draws them. */
  record Random(long seed) implements WeightChoice {
    @Override
    public TensorSource open(BackboneSpec backbone) {
      return RandomWeights.kaimingUniform(backbone.network(), seed);
    }

    @Override
    public String optionText() {
      return RANDOM;
    }
  }

  /** What people type for {@link Pretrained}. */
  String PRETRAINED = "pretrained";

  /** What people type for {@link Random}. */
  String RANDOM = "random";

  /**
   * The choice that a person typed: {@code pretrained}, {@code random}, or the path of a file.
   *
   * @param seed for random weights
   * @throws InvalidOptionException if the text is empty
   */
  static WeightChoice parse(String text, long seed) {
    if (text.isBlank()) {
      throw new InvalidOptionException(
          "No weights named: expected pretrained, random, or a .safetensors file.");
    }
    return switch (text) {
      case PRETRAINED -> new Pretrained();
      case RANDOM -> new Random(seed);
      default -> new FromFile(Path.of(text));
    };
  }
}
