/**
 * Internal, except {@link io.graft.tensors.TensorType}: reads and writes named tensors in
 * safetensors files, and holds what the readers of other formats share. Checks every length before
 * use.
 */
package io.graft.tensors;
