package io.graft.cli.options;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** Numbers of bytes as people write them. */
public final class ByteSize {

  private static final Pattern FORM = Pattern.compile("(\\d{1,15})\\s*([kKmMgGtT]?)([iI]?)[bB]?");

  private static final String PREFIXES = "KMGT";

  private ByteSize() {}

  /** Reads {@code 10GB} (10^10), {@code 10GiB} (10 times 2^30), {@code 500M}, {@code 0}. */
  public static final class Converter implements CommandLine.ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      Matcher form = FORM.matcher(text);
      if (!form.matches() || (form.group(2).isEmpty() && !form.group(3).isEmpty())) {
        throw new CommandLine.TypeConversionException(
            "'" + text + "' is no size such as 10GB, 500MiB or 0");
      }
      int power =
          form.group(2).isEmpty()
              ? 0
              : PREFIXES.indexOf(form.group(2).toUpperCase(Locale.ROOT)) + 1;
      long unit = (long) Math.pow(form.group(3).isEmpty() ? 1000 : 1024, power);
      try {
        return Math.multiplyExact(Long.parseLong(form.group(1)), unit);
      } catch (ArithmeticException e) {
        throw new CommandLine.TypeConversionException("'" + text + "' is beyond any disk");
      }
    }
  }
}
