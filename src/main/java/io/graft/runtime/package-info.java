/**
 * What the process stands on: devices, native libraries, durable files and the errors that every
 * other package raises.
 */
package io.graft.runtime;
