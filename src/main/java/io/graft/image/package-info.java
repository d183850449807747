/**
 * From the bytes of a picture file to the numbers a network reads: tell the format, decode to RGB,
 * orient, resize, crop, normalise. Every step gives what Pillow and torchvision give.
 */
package io.graft.image;
