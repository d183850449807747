package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.graft.backbone.FrozenLayers;
import io.graft.data.ImageFolder;
import io.graft.runtime.OutputException;
import io.graft.tensors.TensorType;
import io.graft.testing.SmallDisk;
import io.graft.testing.TestPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Places where new rows cannot be kept: known before a row is computed. */
@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "nobody, not even root, can make files in its /proc")
class UnkeptRowsTest {

  private static final int PICTURES = 4;

  /** float16 of three channels. */
  private static final int SCALE_ROW_BYTES = 2 * 3 * StoreFixture.SIZE * StoreFixture.SIZE;

  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path folder;
  private Path pictures;
  private Path root;
  private Path blocked;

  @BeforeEach
  void draw() {
    pictures = folder.resolve("pictures");
    root = folder.resolve("features");
    blocked = folder.resolve("nothing");
    for (int i = 0; i < PICTURES; i++) {
      draw(i);
    }
  }

  private void draw(int number) {
    Path place = pictures.resolve(number % 2 == 0 ? "b" : "a").resolve(number + ".png");
    TestPictures.write(place, number, 10 * number);
  }

  /** Draws pictures whose rows take more than so many bytes; returns how many there are. */
  private int drawMoreThan(int bytes) {
    int more = bytes / SCALE_ROW_BYTES + 1;
    for (int i = PICTURES; i < more; i++) {
      draw(i);
    }
    return more;
  }

  private StoreFixture.Run run(FrozenLayers prefix, FeatureCache cache) {
    return fixture.run(prefix, cache, ImageFolder.open(pictures));
  }

  /** Lets nobody write the rows of some layers, in a store that can be written besides. */
  private void block(FrozenLayers prefix) throws IOException {
    Files.createDirectories(root);
    blocked = root.resolve(StoreKey.of(prefix, TensorType.F16).id());
    Files.createSymbolicLink(blocked, Path.of("/proc/self"));
  }

  @AfterEach
  void unblock() throws IOException {
    Files.deleteIfExists(blocked);
  }

  @Test
  void aNamedFolderWhereRowsCannotBeKeptIsRefusedBeforeTheyAreComputed() throws IOException {
    try (FrozenLayers prefix = StoreFixture.prefix(1)) {
      block(prefix);
      refuses(prefix);
    }
  }

  @Test
  void graftsOwnFolderWhereRowsCannotBeKeptIsDoneWithout() throws IOException {
    try (FrozenLayers prefix = StoreFixture.prefix(1)) {
      block(prefix);
      StoreFixture.Run run = run(prefix, FeatureCache.standard(root));
      assertThat(run.computed()).isEqualTo(PICTURES);
      assertThat(fixture.notes)
          .singleElement()
          .asString()
          .contains("Cannot keep features", root.toString(), "--cache", "GRAFT_HOME");
      StoreFixture.requireSameRows(run(prefix, FeatureCache.off()), run);
    }
  }

  @Test
  void graftsOwnFolderThatIsAFileIsDoneWithout() throws IOException {
    Files.writeString(root, "no folder");
    try (FrozenLayers prefix = StoreFixture.prefix(1)) {
      assertThat(run(prefix, FeatureCache.standard(root)).computed()).isEqualTo(PICTURES);
      assertThat(fixture.notes).singleElement().asString().contains(root + " is not a folder");
    }
    assertThat(root).hasContent("no folder");
  }

  @Test
  void whatAFolderHoldsIsFoundWhereItCanOnlyBeRead() throws Exception {
    try (SmallDisk disk = new SmallDisk(root);
        FrozenLayers prefix = StoreFixture.prefix(1)) {
      StoreFixture.Run first = run(prefix, FeatureCache.standard(root));
      assertThat(fixture.notes).isEmpty();
      disk.makeReadOnly();
      draw(PICTURES);
      StoreFixture.Run second = run(prefix, FeatureCache.standard(root));
      assertThat(second.computed()).isEqualTo(1);
      assertThat(second.reused()).isEqualTo(PICTURES);
      assertThat(second.rows()).containsKeys("3.png", PICTURES + ".png");
      StoreFixture.requireSameRows(run(prefix, FeatureCache.off()), second);
      assertThat(fixture.notes).singleElement().asString().contains("Cannot keep features");
      assertThat(first.rows()).hasSize(PICTURES);
      fixture.extracted = "";
      refuses(prefix);
      assertThatThrownBy(() -> FeatureCache.at(root).prune(0))
          .isInstanceOf(OutputException.class)
          .hasMessageContainingAll("Cannot remove", root.toString());
    }
  }

  @Test
  void aFullDiskIsSeenBeforeRowsAreComputed() throws Exception {
    try (SmallDisk disk = new SmallDisk(root);
        FrozenLayers prefix = StoreFixture.prefix(1)) {
      disk.fillUpTo(1 << 12);
      int more = drawMoreThan(1 << 12);
      refuses(prefix);
      assertThat(run(prefix, FeatureCache.standard(root)).computed()).isEqualTo(more);
      assertThat(fixture.notes).singleElement().asString().contains("are needed", "are free");
    }
  }

  @Test
  void aFileOfFeaturesThatFindsNoRoomIsRefusedBeforeTheyAreComputed() throws Exception {
    Path disk = folder.resolve("disk");
    try (SmallDisk small = new SmallDisk(disk);
        FrozenLayers prefix = StoreFixture.prefix(1)) {
      small.fillUpTo(1 << 12);
      drawMoreThan(1 << 12);
      Path file = disk.resolve("features.safetensors");
      Throwable failure =
          catchThrowable(
              () ->
                  fixture
                      .extractor(prefix, FeatureCache.at(root))
                      .extractTo(file, ImageFolder.open(pictures), TensorType.F16, Map.of()));
      assertThat(fixture.extracted).isEmpty();
      assertThat(failure)
          .isInstanceOf(OutputException.class)
          .hasMessageContaining("Cannot write " + file);
    }
  }

  @Test
  void aDiskWithoutAnyRoomIsSeenBeforeAnythingIsRead() throws Exception {
    try (SmallDisk disk = new SmallDisk(root)) {
      disk.fillUpTo(0);
      assertThatThrownBy(() -> FeatureCache.at(root).requireUsable(fixture.notes::add))
          .isInstanceOf(OutputException.class);
      assertThat(FeatureCache.standard(root).requireUsable(fixture.notes::add).keeps()).isFalse();
      assertThat(fixture.notes).hasSize(1);
    }
  }

  private void refuses(FrozenLayers prefix) {
    Throwable failure = catchThrowable(() -> run(prefix, FeatureCache.at(root)));
    assertThat(fixture.extracted).isEmpty();
    assertThat(failure)
        .isInstanceOf(OutputException.class)
        .hasMessageContainingAll("Cannot keep features", root.toString(), "--cache", "GRAFT_HOME");
  }
}
