package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.runtime.DurableFiles.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that belong together, such as an array, its labels and its paths. */
class FileGroupTest {

  @TempDir Path folder;

  @Test
  void replacesAllAndRemovesWhatIsStale() throws IOException {
    FileGroup.write(group("old"), List.of());
    FileGroup.write(Map.of(last(), text("new")), List.of(folder.resolve("labels")));
    assertThat(names()).containsExactly("json", "last");
    assertThat(last()).hasContent("new");
  }

  @Test
  void aFileThatCannotBeWrittenLeavesTheOldGroup() throws IOException {
    FileGroup.write(group("old"), List.of());
    Map<Path, Content> files = group("new");
    files.put(
        last(),
        path -> {
          Files.writeString(path, "ne");
          throw new IOException("No space left on device");
        });
    assertThatThrownBy(() -> FileGroup.write(files, List.of()))
        .isInstanceOf(OutputException.class)
        .hasMessageContainingAll(last().toString(), "No space left on device");
    assertThat(names()).containsExactly("json", "labels", "last");
    for (String name : names()) {
      assertThat(folder.resolve(name)).hasContent("old");
    }
  }

  @Test
  void theLastFileIsAbsentAsLongAsTheOthersAreNotWhole() throws IOException {
    FileGroup.write(group("old"), List.of());
    Files.delete(folder.resolve("labels"));
    // The rename of the second file fails, when the first is already replaced.
    Files.createDirectories(folder.resolve("labels/folder"));
    assertThatThrownBy(() -> FileGroup.write(group("new"), List.of()))
        .isInstanceOf(OutputException.class);
    assertThat(names()).containsExactly("json", "labels");
  }

  @Test
  void runsAtOnceLeaveTheFilesOfOneOrNoLastFile() throws IOException {
    for (int round = 0; round < 20; round++) {
      IntStream.range(0, 4).parallel().forEach(this::tryToWrite);
      List<String> names = names();
      if (names.contains("last")) {
        assertThat(names).containsExactly("json", "labels", "last");
        String content = Files.readString(last());
        assertThat(folder.resolve("json")).hasContent(content);
        assertThat(folder.resolve("labels")).hasContent(content);
      }
    }
  }

  private void tryToWrite(int run) {
    try {
      FileGroup.write(group("run " + run), List.of());
    } catch (OutputException e) {
      assertThat(e).hasMessageContaining("another process writes");
    }
  }

  private Map<Path, Content> group(String text) {
    Map<Path, Content> files = new LinkedHashMap<>();
    for (String name : List.of("json", "labels", "last")) {
      files.put(folder.resolve(name), text(text));
    }
    return files;
  }

  private static Content text(String text) {
    return path -> Files.writeString(path, text);
  }

  private Path last() {
    return folder.resolve("last");
  }

  private List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(each -> each.getFileName().toString()).sorted().toList();
    }
  }
}
