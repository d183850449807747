package io.graft.backbone;

import java.nio.ByteBuffer;

/**
 * A few images, prepared for a network, on which precisions are compared.
 *
 * @param digest the SHA-256 that identifies the images, as 64 hexadecimal digits
 * @param pixels the pixels of images of the input spec's size, uint8 RGB in NHWC order, in a direct
 *     buffer
 * @param rows the number of images; 0 if none can be decoded
 */
public record SampleImages(String digest, ByteBuffer pixels, int rows) {}
