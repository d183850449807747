/**
 * Internal, except {@link io.graft.image.Augmentation}, {@link io.graft.image.InputSpec} and {@link
 * io.graft.image.RgbImage}: turns decoded pixels into those that a network reads. It resizes and
 * crops, or draws a random view, and gives the same pixels as Pillow and torchvision.
 */
package io.graft.image;
