/**
 * Internal: writes, loads and calls TorchScript modules: their source text, their archives, their
 * values in libtorch.
 */
package io.graft.torchscript;
