/**
 * Networks as data: layers, the VGG tables, heads and the freeze boundary, and what runs them.
 * Parameter names are torchvision's; layer names that people type are Keras's.
 */
package io.graft.nn;
