/**
 * Internal: reads Keras's HDF5 and archive files, and maps Keras's names and layouts to
 * torchvision's.
 */
package io.graft.weights.keras;
