/**
 * Reads and writes tensors by name in files that other programs make: bounded parsers, strict about
 * every byte. Knows nothing of networks.
 */
package io.graft.weights;
