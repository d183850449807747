package io.graft.tensors;

/** Thrown if a weights file is malformed. The message continues a sentence about the file. */
public final class MalformedCheckpointException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Creates an error. Values are written as {@code %s}, so no locale changes their digits. */
  @SuppressWarnings("AnnotateFormatMethod") // The annotation is not among the dependencies.
  public MalformedCheckpointException(String format, Object... values) {
    super(String.format(format, values));
  }

  /**
   * Returns a text from a file for a message: shortened, quoted, without unprintable characters.
   */
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
