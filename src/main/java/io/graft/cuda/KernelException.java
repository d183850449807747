package io.graft.cuda;

import io.graft.runtime.DeviceException;

/** Reports why Graft's own kernels cannot be compiled, loaded or launched. */
public final class KernelException extends DeviceException {

  private static final long serialVersionUID = 1;

  public KernelException(String message) {
    super(message);
  }
}
