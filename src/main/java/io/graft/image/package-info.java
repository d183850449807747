/**
 * Internal, except {@link io.graft.image.Augmentation}, {@link io.graft.image.InputSpec} and {@link
 * io.graft.image.RgbImage}: turns the bytes of an image file into the pixels that a network reads.
 * It detects the format, decodes to RGB, turns upright, and resizes and crops or draws a random
 * view. Every step gives the same pixels as Pillow and torchvision.
 */
package io.graft.image;
