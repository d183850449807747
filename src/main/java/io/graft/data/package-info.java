/**
 * Internal, except {@link io.graft.data.LabeledImages} and {@link io.graft.data.ImageLoader} with
 * the types that they use: lists and splits labelled images, and reads them as batches of pixels
 * ahead of their use.
 */
package io.graft.data;
