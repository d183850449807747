/**
 * Internal: turns image files into the pixels that a network reads. {@link
 * io.graft.image.input.InputImages} is the way there. It uses Graft's C library where the build has
 * it, which gives the same bytes as the classes of {@code image} and {@code image.codec}.
 */
package io.graft.image.input;
