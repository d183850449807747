package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

@DisabledOnOs(OS.WINDOWS)
class FoldersTest {

  private final FakeHost fake = new FakeHost();

  @Test
  void isWhereThePlatformKeepsCaches() {
    assertThat(path()).isEqualTo(Path.of("/home/ada/.cache/graft"));
    fake.variables.put("XDG_CACHE_HOME", "relative");
    assertThat(path()).isEqualTo(Path.of("/home/ada/.cache/graft"));
    fake.variables.put("XDG_CACHE_HOME", "/scratch");
    assertThat(path()).isEqualTo(Path.of("/scratch/graft"));
    fake.properties.put("os.name", "Mac OS X");
    assertThat(path()).isEqualTo(Path.of("/home/ada/Library/Caches/graft"));
    fake.properties.put("os.name", "Windows 11");
    assertThat(path()).isEqualTo(Path.of("/home/ada/AppData/Local/graft"));
    fake.variables.put("LOCALAPPDATA", "/local");
    assertThat(path()).isEqualTo(Path.of("/local/graft"));
  }

  @Test
  void isWhereTheUserSays() {
    fake.variables.put("GRAFT_HOME", "/data/./graft");
    assertThat(path()).isEqualTo(Path.of("/data/graft"));
    fake.variables.put("GRAFT_HOME", "");
    assertThat(path()).isEqualTo(Path.of("/home/ada/.cache/graft"));
  }

  /** "?" is what Java says of a user without a home; it is no folder of the current one. */
  @Test
  void isNowhereForAUserWithoutAHome() {
    fake.properties.put("user.home", "?");
    assertThat(path()).isEqualTo(Path.of("/nonexistent/.cache/graft"));
  }

  private Path path() {
    return Folders.cache(fake.host());
  }
}
