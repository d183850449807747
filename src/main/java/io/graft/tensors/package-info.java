/**
 * Internal, except {@link io.graft.tensors.TensorType}: named tensors in files: safetensors, and
 * what the readers of other formats share. Every length is checked before it is used.
 */
package io.graft.tensors;
