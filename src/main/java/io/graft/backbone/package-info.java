/**
 * Internal, except {@link io.graft.backbone.Agreement}: the frozen layers of a network: compiles
 * them to TorchScript in a chosen precision, loads them on a device and runs them over batches of
 * images.
 */
package io.graft.backbone;
