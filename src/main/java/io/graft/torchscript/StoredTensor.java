package io.graft.torchscript;

import ai.djl.ndarray.types.Shape;

/**
 * A float32 tensor in a {@link TorchScriptArchive}, row-major.
 *
 * @param storage the number of the tensor in the archive, from 0
 */
public record StoredTensor(int storage, Shape shape) {}
