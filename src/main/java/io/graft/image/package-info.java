/**
 * Internal, except {@link io.graft.image.Augmentation}, {@link io.graft.image.InputSpec} and {@link
 * io.graft.image.RgbImage}: from the bytes of an image file to the pixels that a network reads:
 * detects the format, decodes to RGB, orients, resizes and crops, or draws a random view. Every
 * step gives what Pillow and torchvision give.
 */
package io.graft.image;
