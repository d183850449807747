package io.graft.data;

import io.graft.runtime.BadDataException;
import io.graft.runtime.FileFailure;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text of a table. It is UTF-8, with or without a byte order mark. */
final class TableText implements AutoCloseable {

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /** The first line by which a spreadsheet program learns the delimiter. */
  private static final Pattern SEPARATOR_LINE =
      Pattern.compile("\"?sep=(.)\"?(?:\r\n|\r|\n|\\z)", Pattern.CASE_INSENSITIVE);

  private static final int LONGEST_SEPARATOR_LINE = 10;
  private static final int HEAD_BYTES = 64;

  private final BufferedReader reader;
  private final Optional<Character> separator;

  private TableText(BufferedReader reader) throws IOException {
    this.reader = reader;
    reader.mark(1);
    if (reader.read() != BYTE_ORDER_MARK) {
      reader.reset();
    }
    this.separator = readSeparator();
  }

  /**
   * Opens a table.
   *
   * @throws BadDataException if the content is known not to be UTF-8 text
   */
  static TableText open(Path table) throws IOException {
    // One pass, because the table may be a pipe.
    InputStream stream = new BufferedInputStream(new Forward(Files.newInputStream(table)));
    stream.mark(HEAD_BYTES);
    String kind = otherKind(stream.readNBytes(HEAD_BYTES));
    stream.reset();
    if (kind != null) {
      stream.close();
      throw new BadDataException(
          ("Cannot read the table %s: it is %s. Expected CSV text in UTF-8. Save it as \"CSV"
                  + " UTF-8\".")
              .formatted(table, kind));
    }
    // This decoder fails on bytes that are not UTF-8; the default one silently replaces them.
    CharsetDecoder strict = StandardCharsets.UTF_8.newDecoder();
    return new TableText(new BufferedReader(new InputStreamReader(stream, strict)));
  }

  /** A stream that does not say what is available: the channel would seek, and a pipe cannot. */
  private static final class Forward extends FilterInputStream {
    private Forward(InputStream stream) {
      super(stream);
    }

    @Override
    public int available() {
      return 0;
    }
  }

  /** Returns the text after the byte order mark and the line that names the delimiter. */
  BufferedReader reader() {
    return reader;
  }

  /** Returns the delimiter that a first line such as {@code sep=;} names, if there is one. */
  Optional<Character> separator() {
    return separator;
  }

  /** Returns an exception for a table that cannot be read. */
  static BadDataException cannotRead(Path table, IOException cause) {
    String reason =
        cause instanceof CharacterCodingException ? notUtf8(table) : FileFailure.reason(cause);
    return new BadDataException(
        ("Cannot read the table %s: %s. Expected a readable CSV file in UTF-8 with the"
                + " columns path,label. Correct the file, or name a folder with one folder of"
                + " images per class.")
            .formatted(table, reason),
        cause);
  }

  /** Returns what a file is by its first bytes, or null if it may be UTF-8 text. */
  private static String otherKind(byte[] head) {
    if (startsWith(head, 0xFF, 0xFE, 0, 0) || startsWith(head, 0, 0, 0xFE, 0xFF)) {
      return "UTF-32 text";
    } else if (startsWith(head, 0xFF, 0xFE) || startsWith(head, 0xFE, 0xFF)) {
      return "UTF-16 text";
    } else if (startsWith(head, 'P', 'K', 3, 4)) {
      return "a zip file, such as a workbook of a spreadsheet program";
    }
    // Without a byte order mark, every second byte of Latin letters in UTF-16 is 0.
    int[] zeros = new int[2];
    for (int i = 0; i < head.length; i++) {
      zeros[i % 2] += head[i] == 0 ? 1 : 0;
    }
    boolean half = Math.max(zeros[0], zeros[1]) > head.length / 4;
    return half && Math.min(zeros[0], zeros[1]) == 0 ? "UTF-16 text" : null;
  }

  private static boolean startsWith(byte[] head, int... bytes) {
    if (head.length < bytes.length) {
      return false;
    }
    for (int i = 0; i < bytes.length; i++) {
      if ((head[i] & 0xFF) != bytes[i]) {
        return false;
      }
    }
    return true;
  }

  private Optional<Character> readSeparator() throws IOException {
    char[] start = new char[LONGEST_SEPARATOR_LINE];
    reader.mark(start.length);
    int length = 0;
    for (int read = 0; read >= 0 && length < start.length; ) {
      read = reader.read(start, length, start.length - length);
      length += Math.max(read, 0);
    }
    reader.reset();
    Matcher line = SEPARATOR_LINE.matcher(new String(start, 0, length));
    if (!line.lookingAt()) {
      return Optional.empty();
    }
    reader.skip(line.end());
    return Optional.of(line.group(1).charAt(0));
  }

  /** Returns where a table stops being UTF-8. */
  private static String notUtf8(Path table) {
    String reason = "it is not UTF-8 text";
    if (!Files.isRegularFile(table)) {
      return reason;
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(table));
      CharBuffer characters = CharBuffer.allocate(1 << 16);
      CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
      CoderResult result = decoder.decode(bytes, characters, true);
      while (result.isOverflow()) {
        characters.clear();
        result = decoder.decode(bytes, characters, true);
      }
      return reason + "; see line " + lineAt(bytes);
    } catch (IOException e) {
      return reason;
    }
  }

  /** Returns the line of the position of a buffer, from 1. */
  private static int lineAt(ByteBuffer bytes) {
    int line = 1;
    for (int i = 0; i < bytes.position(); i++) {
      boolean carriageReturn = bytes.get(i) == '\r';
      boolean beforeLineFeed = i + 1 < bytes.limit() && bytes.get(i + 1) == '\n';
      line += bytes.get(i) == '\n' || (carriageReturn && !beforeLineFeed) ? 1 : 0;
    }
    return line;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
