/**
 * Internal, except {@link io.graft.nn.Head}, {@link io.graft.nn.HiddenLayers}, {@link
 * io.graft.nn.Unfreeze} and {@link io.graft.nn.Precision}: describes networks as data (layers, the
 * VGG networks, heads, the freeze boundary) and has the DJL block that computes them. Parameters
 * have torchvision's names; users type Keras's layer names.
 */
package io.graft.nn;
