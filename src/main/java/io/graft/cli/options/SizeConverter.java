package io.graft.cli.options;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** Reads a number of bytes, such as {@code 10GB} (10^10) or {@code 10GiB} (10 * 2^30). */
public final class SizeConverter implements CommandLine.ITypeConverter<Long> {

  private static final Pattern FORM = Pattern.compile("(\\d{1,15})\\s*([kKmMgGtT]?)([iI]?)[bB]?");

  private static final String PREFIXES = "KMGT";

  @Override
  public Long convert(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches() || (form.group(2).isEmpty() && !form.group(3).isEmpty())) {
      throw new CommandLine.TypeConversionException(
          "'" + text + "' is not a size such as 10GB, 500MiB or 0");
    }
    String prefix = form.group(2).toUpperCase(Locale.ROOT);
    int power = prefix.isEmpty() ? 0 : PREFIXES.indexOf(prefix) + 1;
    long unit = (long) Math.pow(form.group(3).isEmpty() ? 1000 : 1024, power);
    try {
      return Math.multiplyExact(Long.parseLong(form.group(1)), unit);
    } catch (ArithmeticException e) {
      throw new CommandLine.TypeConversionException("'" + text + "' is larger than any disk");
    }
  }
}
