package io.graft.cuda;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.StringArray;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * NVIDIA's compiler of CUDA C text. It is a library that comes with the CUDA builds of Python's
 * torch. It needs no GPU and no headers.
 *
 * @param functions the functions of the library
 * @param file the path or name by which the library was loaded
 * @param version the version, such as {@code 12.6}
 * @see <a href="https://docs.nvidia.com/cuda/nvrtc/">NVIDIA's reference of NVRTC</a>
 */
record Nvrtc(NativeFunctions functions, String file, String version) {

  /** Names that the dynamic linker may know the library by. */
  private static final List<String> NAMES = List.of("libnvrtc.so.13", "libnvrtc.so.12");

  /** Returns the files and names that may be the library, the preferred ones first. */
  static List<String> candidates(Path libtorch) {
    List<String> candidates = new ArrayList<>();
    Path packages = libtorch.resolve("../..").normalize();
    addFiles(candidates, libtorch);
    // Python's packages of CUDA libraries.
    list(packages.resolve("nvidia"), "*")
        .forEach(folder -> addFiles(candidates, folder.resolve("lib")));
    // Conda has packages in lib/python3.x/site-packages and libraries in lib.
    addFiles(candidates, packages.resolve("../..").normalize());
    candidates.addAll(NAMES);
    return candidates;
  }

  private static void addFiles(List<String> candidates, Path folder) {
    list(folder, "libnvrtc.so.*").forEach(file -> candidates.add(file.toString()));
  }

  private static List<Path> list(Path folder, String pattern) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, pattern)) {
      List<Path> sorted = new ArrayList<>();
      files.forEach(sorted::add);
      sorted.sort(Comparator.reverseOrder());
      return sorted;
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Loads the first of several files or names that is NVRTC; empty if none is. */
  static Optional<Nvrtc> first(List<String> candidates) {
    return candidates.stream().map(Nvrtc::open).flatMap(Optional::stream).findFirst();
  }

  private static Optional<Nvrtc> open(String file) {
    try {
      NativeLibrary library = NativeFunctions.load(file);
      Function describe = library.getFunction("nvrtcGetErrorString");
      NativeFunctions functions =
          new NativeFunctions(
              library, status -> describe.invokeString(new Object[] {status}, false));
      IntByReference major = new IntByReference();
      IntByReference minor = new IntByReference();
      functions.call("nvrtcVersion", major, minor);
      return Optional.of(new Nvrtc(functions, file, major.getValue() + "." + minor.getValue()));
    } catch (LinkageError | KernelException e) {
      return Optional.empty();
    }
  }

  /**
   * Compiles a text to a binary for one kind of GPU, which the options name.
   *
   * @throws KernelException if the text does not compile; the message has the compiler's log
   */
  byte[] compile(String text, List<String> options) {
    PointerByReference program = new PointerByReference();
    functions.call(
        "nvrtcCreateProgram", program, text, "kernels.cu", 0, Pointer.NULL, Pointer.NULL);
    try {
      String[] array = options.toArray(String[]::new);
      int status =
          functions.status(
              "nvrtcCompileProgram", program.getValue(), array.length, new StringArray(array));
      if (status != 0) {
        byte[] log = read("nvrtcGetProgramLog", program.getValue());
        throw new KernelException(
            "NVRTC %s does not compile them with %s: %s: %s"
                .formatted(
                    version,
                    String.join(" ", options),
                    functions.describe().apply(status),
                    new String(log, StandardCharsets.UTF_8).replace("\0", "").strip()));
      }
      return read("nvrtcGetCUBIN", program.getValue());
    } finally {
      functions.status("nvrtcDestroyProgram", program);
    }
  }

  /** Reads what the compiler made. Each function for this has a second one for the size. */
  private byte[] read(String function, Pointer program) {
    LongByReference size = new LongByReference();
    functions.call(function + "Size", program, size);
    if (size.getValue() <= 0) {
      return new byte[0];
    }
    try (Memory memory = new Memory(size.getValue())) {
      functions.call(function, program, memory);
      return memory.getByteArray(0, Math.toIntExact(size.getValue()));
    }
  }
}
