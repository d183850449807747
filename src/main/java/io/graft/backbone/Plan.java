package io.graft.backbone;

import io.graft.nn.Precision;
import java.util.List;

/**
 * How frozen layers are computed.
 *
 * @param precision the arithmetic
 * @param microBatch pictures per forward pass, at least 1
 * @param threads of libtorch within one operator, at least 1; without meaning on a GPU
 * @param scales for int8, what one step of each convolution's input stands for, and of the last
 *     one's output; empty otherwise
 */
public record Plan(Precision precision, int microBatch, int threads, List<Float> scales) {

  /** Copies the scales. */
  public Plan {
    scales = List.copyOf(scales);
  }
}
