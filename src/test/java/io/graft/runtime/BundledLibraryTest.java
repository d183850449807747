package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundledLibraryTest {

  private static final byte[] CONTENT = "a library".getBytes(StandardCharsets.UTF_8);

  @TempDir Path home;

  private final List<Path> loaded = new ArrayList<>();

  private BundledLibrary library(Map<String, String> variables) {
    Map<String, String> properties =
        Map.of("os.name", "Linux", "os.arch", "amd64", "user.home", home.toString());
    return new BundledLibrary("some", new HostEnvironment(variables::get, properties::get));
  }

  private BundledLibrary library() {
    return library(Map.of("GRAFT_HOME", home.resolve("cache").toString()));
  }

  private List<Path> cached() throws Exception {
    try (Stream<Path> files = Files.list(home.resolve("cache/native"))) {
      return files.toList();
    }
  }

  @Test
  void nameInTheCacheHoldsTheDigest() throws Exception {
    assertThat(library().load(CONTENT, loaded::add)).isEmpty();
    // printf 'a library' | sha256sum
    Path expected = home.resolve("cache/native/libsome-31f109ab38348582.so");
    assertThat(loaded).containsExactly(expected);
    assertThat(expected).hasBinaryContent(CONTENT);
    assertThat(library().load(CONTENT, loaded::add)).isEmpty();
    assertThat(cached()).containsExactly(expected);
  }

  @Test
  void withoutANamedCacheTheTemporaryFolderHoldsIt() {
    BundledLibrary library = library(Map.of("GRAFT_HOME", "a\0b"));
    assertThat(library.load(CONTENT, loaded::add)).isEmpty();
    assertThat(loaded.get(0)).hasBinaryContent(CONTENT);
  }

  @Test
  void damagedCopyIsReplaced() throws Exception {
    library().load(CONTENT, loaded::add);
    Files.writeString(loaded.get(0), "another");
    library().load(CONTENT, file -> assertThat(file).hasBinaryContent(CONTENT));
    assertThat(loaded.get(0)).hasBinaryContent(CONTENT);
  }

  @Test
  void copiesAtTheSameTimeAreWhole() throws Exception {
    byte[] large = new byte[1 << 20];
    Callable<Optional<String>> load =
        () -> library().load(large, file -> assertThat(file).hasBinaryContent(large));
    ExecutorService executor = Executors.newFixedThreadPool(4);
    try {
      for (Future<Optional<String>> result :
          executor.invokeAll(List.of(load, load, load, load, load, load, load, load))) {
        assertThat(result.get()).isEmpty();
      }
    } finally {
      executor.shutdown();
    }
    assertThat(cached()).hasSize(1);
  }

  @Test
  void temporaryFolderServesWhereTheCacheCannotBeWritten() throws Exception {
    Files.writeString(home.resolve("cache"), "a file in the place of the folder");
    assertThat(library().load(CONTENT, loaded::add)).isEmpty();
    assertThat(loaded.get(0).startsWith(home)).isFalse();
    assertThat(loaded.get(0)).hasBinaryContent(CONTENT);
    DurableFiles.removeTemporary(loaded.get(0).getParent());
  }

  @Test
  void temporaryFolderServesWhereFilesMustNotBeExecuted() {
    Optional<String> reason =
        library()
            .load(
                CONTENT,
                file -> {
                  loaded.add(file);
                  if (file.startsWith(home)) {
                    throw new UnsatisfiedLinkError("failed to map segment");
                  }
                });
    assertThat(reason).isEmpty();
    assertThat(loaded).hasSize(2);
    DurableFiles.removeTemporary(loaded.get(1).getParent());
  }

  @Test
  void reasonsAreNamedIfNoPlaceServes() {
    Optional<String> reason =
        library()
            .load(
                CONTENT,
                file -> {
                  loaded.add(file);
                  throw new UnsatisfiedLinkError("wrong ELF class");
                });
    assertThat(reason).hasValue("cannot be loaded: wrong ELF class; wrong ELF class");
    DurableFiles.removeTemporary(loaded.get(1).getParent());
  }

  @Test
  void variableTurnsLibrariesOff() {
    for (String off : new String[] {"off", "OFF", "0"}) {
      assertThat(library(Map.of("GRAFT_NATIVE", off)).load(loaded::add))
          .hasValue("turned off by the environment variable GRAFT_NATIVE");
    }
    assertThat(library(Map.of("GRAFT_NATIVE", "on")).load(loaded::add))
        .hasValue("not in this build of Graft for linux-x86_64");
    assertThat(loaded).isEmpty();
  }
}
