/**
 * Internal, except {@link io.graft.model.TransferModel} and {@link io.graft.model.ModelCard}. Saves
 * and loads trained classifiers, and classifies and evaluates images with them.
 */
package io.graft.model;
