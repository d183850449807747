/**
 * Internal, except {@link io.graft.model.TransferModel} and {@link io.graft.model.ModelCard}: a
 * trained classifier with its backbone: saves it, loads it, classifies and evaluates images with
 * it.
 */
package io.graft.model;
