package io.graft.train;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/**
 * What an optimizer remembers between steps.
 *
 * @param steps how many it has made
 * @param arrays float32, of the shape of their parameter, under PyTorch's name, a point and the
 *     parameter's name: {@code exp_avg.head.weight}. They are the optimizer's own, not copies.
 */
record OptimizerState(long steps, Map<String, NDArray> arrays) {}
