/**
 * Internal: turns the bytes of an image file into upright RGB pixels. {@link
 * io.graft.image.codec.ImageDecoder} detects the format by content and gives the bytes to the
 * format's decoder. Every decoder gives the same pixels as Pillow.
 */
package io.graft.image.codec;
