package io.graft.backbone;

import java.nio.ByteBuffer;

/**
 * A few images, prepared for a network, on which precisions are compared.
 *
 * @param digest identifies the images: a SHA-256 as 64 hexadecimal digits
 * @param pixels uint8 RGB in NHWC order, images of the input spec's size, direct
 * @param rows the number of images; 0 if none can be decoded
 */
public record SampleImages(String digest, ByteBuffer pixels, int rows) {}
