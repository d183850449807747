package io.graft.tensors;

/** A header that is not as the format says; the message continues a sentence about the file. */
final class MalformedHeaderException extends Exception {

  private static final long serialVersionUID = 1L;

  MalformedHeaderException(String message) {
    super(message);
  }
}
