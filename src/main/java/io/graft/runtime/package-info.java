/**
 * Internal, except {@link io.graft.runtime.TorchRuntime}, {@link io.graft.runtime.Devices}, {@link
 * io.graft.runtime.Progress} and the exceptions. All other packages may use this package. It
 * contains devices, native libraries, durable files, progress and errors.
 */
package io.graft.runtime;
