/**
 * Internal: opens the weights files of several programs and detects their format by content.
 * Presents their tensors under torchvision's names and in torchvision's layouts.
 */
package io.graft.weights;
