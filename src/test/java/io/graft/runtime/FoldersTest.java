package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

@DisabledOnOs(OS.WINDOWS)
class FoldersTest {

  private final FakeHost fake = new FakeHost();

  @Test
  void cacheIsInThePlatformsCacheFolder() {
    assertThat(cache()).isEqualTo(Path.of("/home/ada/.cache/graft"));
    fake.variables.put("XDG_CACHE_HOME", "relative");
    assertThat(cache()).isEqualTo(Path.of("/home/ada/.cache/graft"));
    fake.variables.put("XDG_CACHE_HOME", "/scratch");
    assertThat(cache()).isEqualTo(Path.of("/scratch/graft"));
    fake.properties.put("os.name", "Mac OS X");
    assertThat(cache()).isEqualTo(Path.of("/home/ada/Library/Caches/graft"));
    fake.properties.put("os.name", "Windows 11");
    assertThat(cache()).isEqualTo(Path.of("/home/ada/AppData/Local/graft"));
    fake.variables.put("LOCALAPPDATA", "/local");
    assertThat(cache()).isEqualTo(Path.of("/local/graft"));
  }

  @Test
  void cacheIsTheFolderThatTheUserNames() {
    fake.variables.put("GRAFT_HOME", "/data/./graft");
    assertThat(cache()).isEqualTo(Path.of("/data/graft"));
    fake.variables.put("GRAFT_HOME", "");
    assertThat(cache()).isEqualTo(Path.of("/home/ada/.cache/graft"));
  }

  /** Without a home folder, Java's {@code user.home} is "?". That must not become a folder. */
  @Test
  void cacheIsUnusableForAUserWithoutAHome() {
    fake.properties.put("user.home", "?");
    assertThat(cache()).isEqualTo(Path.of("/nonexistent/.cache/graft"));
  }

  /** As a name with letters that the locale lacks. */
  @Test
  void cacheThatCannotBeNamedIsAnExpectedError() {
    fake.variables.put("GRAFT_HOME", "/data\0graft");
    assertThatThrownBy(this::cache)
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("LC_ALL");
  }

  private Path cache() {
    return Folders.cache(fake.host());
  }
}
