package io.graft.benchmarks;

import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import io.graft.image.codec.ImageDecoder;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Decodes the files that standard input names, one a line. Answers each with a status byte on
 * standard output: 1 with width, height and pixels if it is read; 0 with the length and the UTF-8
 * text of the reason if it is refused; 2, with a text too, after a crash.
 */
public final class GraftDecode {

  private GraftDecode() {}

  /** Runs until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    BufferedReader names =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    DataOutputStream answers = new DataOutputStream(new BufferedOutputStream(System.out, 1 << 20));
    for (String name = names.readLine(); name != null; name = names.readLine()) {
      answer(Path.of(name), answers);
      answers.flush();
    }
  }

  private static void answer(Path file, DataOutputStream answers) throws IOException {
    RgbImage image;
    try {
      image = ImageDecoder.read(file);
    } catch (BadImageException e) {
      text(0, e.getMessage(), answers);
      return;
    } catch (RuntimeException | Error e) {
      text(2, e.toString(), answers);
      return;
    }
    answers.writeByte(1);
    answers.writeInt(image.width());
    answers.writeInt(image.height());
    answers.write(image.pixels());
  }

  private static void text(int status, String text, DataOutputStream answers) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    answers.writeByte(status);
    answers.writeInt(bytes.length);
    answers.write(bytes);
  }
}
