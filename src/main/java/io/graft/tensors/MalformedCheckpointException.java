package io.graft.tensors;

/** A checkpoint that is not as PyTorch writes it; the message continues a sentence about it. */
public final class MalformedCheckpointException extends Exception {

  private static final long serialVersionUID = 1L;

  public MalformedCheckpointException(String message) {
    super(message);
  }

  /** A text out of a file, made fit for a message: short, quoted, nothing unprintable. */
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
