package io.graft.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The processor that this program runs on. */
public final class Processor {

  private static final Path CPU_INFORMATION = Path.of("/proc/cpuinfo");

  /** Instruction sets that decide which way of computing is fast, by Linux's names. */
  private static final List<String> INSTRUCTION_SETS =
      List.of(
          "avx2",
          "avx512f",
          "avx512_bf16",
          "avx512_vnni",
          "avx_vnni",
          "amx_bf16",
          "amx_int8",
          "asimd",
          "asimddp",
          "bf16",
          "i8mm",
          "sve");

  private static final Pattern MODEL =
      Pattern.compile("^model name\\s*:\\s*(.+)$", Pattern.MULTILINE);

  // x86 and ARM call the same line differently.
  private static final Pattern FLAGS =
      Pattern.compile("^(?:flags|Features)\\s*:\\s*(.+)$", Pattern.MULTILINE);

  private Processor() {}

  /**
   * The number of processors that Java may use, and on Linux the model and those of its instruction
   * sets that decide how fast a network is: one line.
   */
  public static String describe() {
    return describe(CPU_INFORMATION);
  }

  static String describe(Path cpuInformation) {
    String text = Runtime.getRuntime().availableProcessors() + " processors";
    if (Files.isReadable(cpuInformation)) {
      try {
        String information = Files.readString(cpuInformation);
        Matcher model = MODEL.matcher(information);
        Matcher flags = FLAGS.matcher(information);
        List<String> present =
            flags.find() ? List.of(flags.group(1).trim().split("\\s+", -1)) : List.of();
        text +=
            (model.find() ? ", " + model.group(1) : "")
                + ", instruction sets: "
                + INSTRUCTION_SETS.stream().filter(present::contains).toList();
      } catch (IOException e) {
        text += ", instruction sets unknown: " + e;
      }
    }
    return text;
  }
}
