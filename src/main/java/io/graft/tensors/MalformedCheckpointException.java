package io.graft.tensors;

/** A weights file is malformed. The message continues a sentence about the file. */
public final class MalformedCheckpointException extends Exception {

  private static final long serialVersionUID = 1L;

  public MalformedCheckpointException(String message) {
    super(message);
  }

  /** Returns a text of a file for a message: shortened, quoted, without unprintable characters. */
  public static String quote(String text) {
    StringBuilder shown = new StringBuilder("'");
    int length = Math.min(text.length(), 80);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      shown.append(c < ' ' || c == 0x7f || Character.isSurrogate(c) ? '?' : c);
    }
    return shown.append(length < text.length() ? "...'" : "'").toString();
  }
}
