package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.testing.SmallDisk;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DurableFilesTest {

  private static final int CHUNKS = 64;
  private static final int CHUNK_BYTES = 4096;

  @TempDir Path folder;

  @Test
  void writesAndReplacesAFileAndLeavesNoOtherFile() throws IOException {
    Path file = folder.resolve("head.bin");
    DurableFiles.writeFile(file, path -> Files.writeString(path, "old"));
    DurableFiles.writeFile(file, path -> Files.writeString(path, "new"));
    assertThat(file).hasContent("new");
    assertThat(names(folder)).containsExactly("head.bin");
  }

  @Test
  void keepsTheOldFileWhenTheNewOneFails() throws IOException {
    Path file = folder.resolve("head.bin");
    DurableFiles.writeFile(file, path -> Files.writeString(path, "old"));
    assertThatThrownBy(
            () ->
                DurableFiles.writeFile(
                    file,
                    path -> {
                      Files.writeString(path, "ne");
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(OutputException.class)
        .hasMessageContainingAll(file.toString(), "No space left on device", "free space");
    assertThat(file).hasContent("old");
    assertThat(names(folder)).containsExactly("head.bin");
  }

  @Test
  void replacesAFolderAsAWhole() throws IOException {
    Path model = folder.resolve("model");
    DurableFiles.writeFolder(model, path -> writeTree(path, "first.txt"));
    DurableFiles.writeFolder(model, path -> writeTree(path, "second.txt"));
    assertThat(names(model.resolve("deep"))).containsExactly("second.txt");
    assertThat(names(folder)).containsExactly("model");
  }

  @Test
  void keepsTheOldFolderWhenTheNewOneFails() throws IOException {
    Path model = folder.resolve("model");
    DurableFiles.writeFolder(model, path -> writeTree(path, "first.txt"));
    assertThatThrownBy(
            () ->
                DurableFiles.writeFolder(
                    model,
                    path -> {
                      writeTree(path, "second.txt");
                      throw new IllegalStateException("stop");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(names(model.resolve("deep"))).containsExactly("first.txt");
    assertThat(names(folder)).containsExactly("model");
  }

  @Test
  void refusesAFolderInsideAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> DurableFiles.requireWritable(file.resolve("model")))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("file");
    DurableFiles.requireWritable(folder.resolve("a/b/model"));
    assertThat(names(folder)).containsExactly("file");
  }

  @Test
  void aKilledProcessNeverLeavesAHalfWrittenFile() throws Exception {
    Path file = folder.resolve("head.bin");
    for (int kill = 0; kill < 4; kill++) {
      Process writer = startWriter(file);
      try {
        boolean last = kill == 3;
        long deadlineNanos = System.nanoTime() + 30_000_000_000L;
        while (names(folder).stream().noneMatch(name -> name.endsWith(".tmp"))
            || (last && Files.notExists(file))) {
          assertThat(writer.isAlive()).as("the writer runs").isTrue();
          assertThat(System.nanoTime()).as("in time").isLessThan(deadlineNanos);
          Thread.sleep(1);
        }
        Thread.sleep(60L * kill);
      } finally {
        // On POSIX this is SIGKILL: no shutdown hook runs.
        writer.destroyForcibly().waitFor();
      }
      if (Files.exists(file)) {
        byte[] content = Files.readAllBytes(file);
        byte[] whole = new byte[CHUNKS * CHUNK_BYTES];
        Arrays.fill(whole, content[0]);
        assertThat(content).isEqualTo(whole);
      }
      for (String name : names(folder)) {
        if (name.endsWith(".tmp")) {
          Files.delete(folder.resolve(name));
        }
      }
    }
    assertThat(file).as("at least one file was finished before a kill").exists();
  }

  @Test
  void aFullDiskIsReportedAndLeavesTheOldFile() throws Exception {
    Path disk = folder.resolve("disk");
    try (SmallDisk small = new SmallDisk(disk)) {
      Path file = disk.resolve("head.bin");
      DurableFiles.writeFile(file, path -> Files.writeString(path, "old"));
      assertThatThrownBy(
              () -> DurableFiles.writeFile(file, path -> Files.write(path, new byte[1 << 20])))
          .isInstanceOf(OutputException.class)
          .hasMessageContaining("free space");
      assertThat(file).hasContent("old");
      assertThat(names(disk)).containsExactly("head.bin");
      small.makeReadOnly();
      for (Path place : List.of(file, disk)) {
        assertThatThrownBy(() -> DurableFiles.requireWritable(place))
            .isInstanceOf(OutputException.class)
            .hasMessageContaining("Cannot write " + place);
      }
    }
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void onlyAFileIsReplacedByAFile() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    for (Path place : List.of(folder, pipe)) {
      assertThatThrownBy(() -> DurableFiles.requireWritableFile(place, 0))
          .isInstanceOf(OutputException.class)
          .hasMessageContainingAll(place + " is a ", "name of a file");
    }
    DurableFiles.requireWritableFile(Files.writeString(folder.resolve("file"), ""), 1);
    DurableFiles.requireWritableFile(folder.resolve("new"), 1);
    assertThat(names(folder)).containsExactly("file", "pipe");
  }

  /** The killed program. Writes the file again and again, each time with one repeated byte. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) {
      Path file = Path.of(arguments[0]);
      for (int round = 0; ; round++) {
        byte[] chunk = new byte[CHUNK_BYTES];
        Arrays.fill(chunk, (byte) round);
        DurableFiles.writeFile(file, path -> writeSlowly(path, chunk));
      }
    }

    private static void writeSlowly(Path path, byte[] chunk) throws IOException {
      try (OutputStream out = Files.newOutputStream(path)) {
        for (int i = 0; i < CHUNKS; i++) {
          out.write(chunk);
          Thread.sleep(1);
        }
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
  }

  private static Process startWriter(Path file) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Writer.class.getName(),
            file.toString())
        .inheritIO()
        .start();
  }

  private static void writeTree(Path path, String name) throws IOException {
    Files.createDirectories(path.resolve("deep"));
    Files.writeString(path.resolve("deep").resolve(name), name);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
