/**
 * Internal: reads PyTorch's checkpoints and TorchScript archives without running any of their code.
 */
package io.graft.weights.pytorch;
