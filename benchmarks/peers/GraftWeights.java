package io.graft.benchmarks;

import io.graft.tensors.TensorSource;
import io.graft.weights.WeightFile;
import java.nio.file.Path;
import java.util.Locale;

/** Reads every tensor of a weights file as float32, and prints the seconds. */
public final class GraftWeights {

  private GraftWeights() {}

  /** Argument: the file. */
  public static void main(String[] arguments) {
    long start = System.nanoTime();
    long bytes = 0;
    try (TensorSource weights = WeightFile.open(Path.of(arguments[0]))) {
      for (String name : weights.tensors().keySet()) {
        bytes += weights.readFloat32(name).remaining();
      }
    }
    System.out.printf(
        Locale.ROOT,
        "{\"seconds\": %.4f, \"bytes\": %d}%n",
        (System.nanoTime() - start) / 1e9,
        bytes);
  }
}
