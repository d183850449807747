/**
 * Internal, except {@link io.graft.backbone.Agreement}: the frozen layers of a network. Chooses
 * their precision, compiles them to TorchScript, loads them on devices and computes batches of
 * images.
 */
package io.graft.backbone;
