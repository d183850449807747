/**
 * Internal, except {@link io.graft.runtime.TorchRuntime}, {@link io.graft.runtime.Devices}, {@link
 * io.graft.runtime.Progress} and the exceptions: what every other package stands on: devices,
 * native libraries, durable files, progress and errors.
 */
package io.graft.runtime;
