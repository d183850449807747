/**
 * From the bytes of a picture file to the numbers a network reads: tell the format, decode to RGB,
 * orient, resize, crop, normalise; or draw a view, with other crops and colours. Every step gives
 * what Pillow and torchvision give.
 */
package io.graft.image;
