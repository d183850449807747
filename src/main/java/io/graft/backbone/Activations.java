package io.graft.backbone;

import ai.djl.ndarray.NDArray;

/**
 * What frozen layers gave for some pictures, in host memory.
 *
 * @param values (rows, ...) in NCHW order, float16 or float32, on the CPU
 * @param largest the largest magnitude before rounding; NaN if there is one
 */
public record Activations(NDArray values, float largest) {}
