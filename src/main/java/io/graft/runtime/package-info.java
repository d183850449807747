/**
 * Internal, except {@link io.graft.runtime.TorchRuntime}, {@link io.graft.runtime.Devices}, {@link
 * io.graft.runtime.Progress} and the exceptions. The lowest package: devices, native libraries,
 * durable files, progress and errors.
 */
package io.graft.runtime;
