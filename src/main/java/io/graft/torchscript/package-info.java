/**
 * Internal: TorchScript modules: their source text and archives, loading them into libtorch,
 * calling them.
 */
package io.graft.torchscript;
