/**
 * The frozen part of a network: compiled to TorchScript as a plan says, loaded on a device and run
 * over batches of pictures.
 */
package io.graft.backbone;
