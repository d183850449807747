/**
 * Internal, except {@link io.graft.tensors.TensorType}: reads and writes named tensors in
 * safetensors files, and has the code that the readers of all formats share. Every length is
 * checked before use.
 */
package io.graft.tensors;
