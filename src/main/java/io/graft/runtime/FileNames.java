package io.graft.runtime;

import java.io.File;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The names of files as text. Java decodes their bytes with the character set of the locale, and
 * replaces what it cannot decode by U+FFFD, so that different names become equal.
 */
public final class FileNames {

  private static final char REPLACEMENT = '\uFFFD';

  private FileNames() {}

  /** Returns whether the locale has a character set that holds all letters. */
  public static boolean holdAllLetters() {
    return charset().equals(StandardCharsets.UTF_8) || !isUnix();
  }

  /**
   * Returns why the last name of a path is not the text of {@link Path#toString}, and what to do;
   * or empty if it is that text.
   */
  public static Optional<String> whyNotText(Path path) {
    Path name = path.getFileName();
    if (name == null || name.toString().indexOf(REPLACEMENT) < 0 || isWritten(name)) {
      return Optional.empty();
    }
    return Optional.of(
        "its name is %s, which is not text in %s, the character set of the locale. %s"
            .formatted(
                bytes(path),
                charset(),
                holdAllLetters()
                    ? "Rename it to a name in UTF-8, for example with convmv."
                    : remedy()));
  }

  /** Returns whether any of the arguments of the program was not decoded. */
  public static Optional<String> undecoded(String... arguments) {
    return holdAllLetters()
        ? Optional.empty()
        : Arrays.stream(arguments).filter(word -> word.indexOf(REPLACEMENT) >= 0).findFirst();
  }

  /** Returns what to do about a locale whose character set lacks letters. */
  public static String remedy() {
    return "Set the environment variable LC_ALL to a locale in UTF-8, such as C.UTF-8; 'locale -a'"
        + " lists those that are installed.";
  }

  static Doctor.Finding examine() {
    return holdAllLetters()
        ? Doctor.Finding.ok("file names", charset().name())
        : Doctor.Finding.warning(
            "file names", charset() + ", so that names with other letters are refused", remedy());
  }

  /** Returns the character set of file names. */
  public static Charset charset() {
    String name = System.getProperty("sun.jnu.encoding", "UTF-8");
    return Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.US_ASCII;
  }

  /** Returns whether the bytes of a name are those of its text, which may hold U+FFFD itself. */
  private static boolean isWritten(Path name) {
    try {
      return name.getFileSystem().getPath(name.toString()).equals(name);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** Returns the name with all bytes that are not ASCII as %C3. */
  private static String bytes(Path path) {
    String uri = path.toUri().getRawPath().replaceFirst("/$", "");
    return uri.substring(uri.lastIndexOf('/') + 1);
  }

  private static boolean isUnix() {
    return File.separatorChar == '/' && HostEnvironment.current().os() != HostEnvironment.Os.MAC;
  }
}
