/**
 * Internal: opens a weights file of any program, detected by content, and presents its tensors
 * under torchvision's names, in torchvision's layouts.
 */
package io.graft.weights;
