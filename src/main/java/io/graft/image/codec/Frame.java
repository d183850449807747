package io.graft.image.codec;

/**
 * The rectangle of an animation's picture that one of its frames fills, in pixels.
 *
 * @param left the distance from the left edge
 * @param top the distance from the upper edge
 * @param width the number of columns
 * @param height the number of rows
 */
record Frame(int left, int top, int width, int height) {}
