package io.graft.tensors;

/** A safetensors header is malformed. The message continues a sentence about the file. */
final class MalformedHeaderException extends Exception {

  private static final long serialVersionUID = 1L;

  MalformedHeaderException(String message) {
    super(message);
  }
}
