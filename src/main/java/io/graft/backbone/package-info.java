/** The frozen part of a network, loaded on a device and run over batches of pictures. */
package io.graft.backbone;
