/**
 * Internal, except {@link io.graft.nn.Head}, {@link io.graft.nn.HiddenLayers}, {@link
 * io.graft.nn.Unfreeze} and {@link io.graft.nn.Precision}: networks as data (layers, the VGG
 * networks, heads, the freeze boundary) and the DJL block that computes them. Parameters have
 * torchvision's names; users type Keras's layer names.
 */
package io.graft.nn;
