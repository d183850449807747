/** Internal: writes, loads and calls TorchScript modules. */
package io.graft.torchscript;
