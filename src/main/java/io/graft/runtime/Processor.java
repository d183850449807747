package io.graft.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The processor that this program runs on. */
public final class Processor {

  private static final Path CPU_INFORMATION = Path.of("/proc/cpuinfo");

  /** Says which processors this process may use; see proc(5). */
  private static final Path STATUS = Path.of("/proc/self/status");

  /** The instruction sets that decide which precision is fast, by Linux's names. */
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

  private static final Pattern ALLOWED =
      Pattern.compile("^Cpus_allowed_list:\\s*(\\S+)$", Pattern.MULTILINE);

  private static final Pattern PROCESSOR =
      Pattern.compile("^(processor|physical id|core id)\\s*:\\s*(\\d+)$", Pattern.MULTILINE);

  private static final Pattern MODEL =
      Pattern.compile("^model name\\s*:\\s*(.+)$", Pattern.MULTILINE);

  // x86 and ARM name this line differently.
  private static final Pattern FLAGS =
      Pattern.compile("^(?:flags|Features)\\s*:\\s*(.+)$", Pattern.MULTILINE);

  private Processor() {}

  /**
   * Returns the number of processors that Java may use, and on Linux the model and the instruction
   * sets that decide how fast a network is, in one line.
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

  /**
   * Returns the thread counts worth trying, in ascending order: the user's if it is set; otherwise
   * one thread per core, and one per processor if a core has several.
   */
  public static List<Integer> threadCounts() {
    if (TorchThreads.areSetByUser()) {
      return List.of(TorchThreads.count());
    }
    int processors = Runtime.getRuntime().availableProcessors();
    int cores = cores(CPU_INFORMATION, STATUS).orElse(processors);
    return cores < processors ? List.of(cores, processors) : List.of(processors);
  }

  /** Returns how many cores the process may use; empty if the system does not say. */
  static OptionalInt cores(Path cpuInformation, Path status) {
    try {
      Set<Integer> allowed = allowed(Files.readString(status));
      Set<String> cores = new HashSet<>();
      int processor = -1;
      String socket = "";
      Matcher lines = PROCESSOR.matcher(Files.readString(cpuInformation));
      while (lines.find()) {
        switch (lines.group(1)) {
          case "processor" -> processor = Integer.parseInt(lines.group(2));
          case "physical id" -> socket = lines.group(2);
          default -> {
            if (allowed.contains(processor)) {
              cores.add(socket + " " + lines.group(2));
            }
          }
        }
      }
      return cores.isEmpty() ? OptionalInt.empty() : OptionalInt.of(cores.size());
    } catch (IOException | NumberFormatException e) {
      return OptionalInt.empty();
    }
  }

  /** Returns the processors in a list such as {@code 0-3,8}. */
  private static Set<Integer> allowed(String status) {
    Set<Integer> processors = new HashSet<>();
    Matcher list = ALLOWED.matcher(status);
    if (list.find()) {
      for (String range : list.group(1).split(",", -1)) {
        String[] ends = range.split("-", 2);
        int last = Integer.parseInt(ends[ends.length - 1]);
        for (int processor = Integer.parseInt(ends[0]); processor <= last; processor++) {
          processors.add(processor);
        }
      }
    }
    return processors;
  }
}
