/**
 * Internal: turns the bytes of an image file into upright RGB pixels. {@link
 * io.graft.image.codec.ImageDecoder} detects the format by content and gives the bytes to the
 * format's decoder. The pixels are those of Pillow; docs/images.md lists the exceptions.
 */
package io.graft.image.codec;
