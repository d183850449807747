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

/** Tests that folders without space or write permission are detected before rows are computed. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "needs /proc, where not even root can create files")
class UnusableCacheTest {

  private static final int IMAGES = 4;

  /** The size of a row: float16, three channels. */
  private static final int SCALE_ROW_BYTES = 2 * 3 * StoreFixture.SIZE * StoreFixture.SIZE;

  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path folder;
  private Path imageFolder;
  private Path root;
  private Path blocked;

  @BeforeEach
  void writeImages() {
    imageFolder = folder.resolve("images");
    root = folder.resolve("features");
    blocked = folder.resolve("blocked");
    for (int i = 0; i < IMAGES; i++) {
      writeImage(i);
    }
  }

  private void writeImage(int number) {
    Path place = imageFolder.resolve(number % 2 == 0 ? "b" : "a").resolve(number + ".png");
    TestPictures.write(place, number, 10 * number);
  }

  /** Writes images whose rows take more than this many bytes, and returns the number of images. */
  private int writeImagesOfMoreThan(int bytes) {
    int images = bytes / SCALE_ROW_BYTES + 1;
    for (int i = IMAGES; i < images; i++) {
      writeImage(i);
    }
    return images;
  }

  private StoreFixture.Run run(FrozenLayers frozen, FeatureCache cache) {
    return fixture.run(frozen, cache, ImageFolder.open(imageFolder));
  }

  /** Makes only the folder of these layers' rows unwritable. */
  private void block(FrozenLayers frozen) throws IOException {
    Files.createDirectories(root);
    blocked = root.resolve(StoreKey.of(frozen, TensorType.F16).id());
    Files.createSymbolicLink(blocked, Path.of("/proc/self"));
  }

  @AfterEach
  void unblock() throws IOException {
    Files.deleteIfExists(blocked);
  }

  @Test
  void unwritableNamedFolderIsRefusedBeforeExtraction() throws IOException {
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      block(frozen);
      requireRefusal(frozen);
    }
  }

  @Test
  void unwritableStandardFolderIsNotUsed() throws IOException {
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      block(frozen);
      StoreFixture.Run run = run(frozen, FeatureCache.standard(root));
      assertThat(run.computed()).isEqualTo(IMAGES);
      assertThat(fixture.notes)
          .singleElement()
          .asString()
          .contains("Cannot keep features", root.toString(), "cache folder", "GRAFT_HOME");
      StoreFixture.requireSameRows(run(frozen, FeatureCache.off()), run);
    }
  }

  @Test
  void standardFolderThatIsAFileIsNotUsed() throws IOException {
    Files.writeString(root, "no folder");
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      assertThat(run(frozen, FeatureCache.standard(root)).computed()).isEqualTo(IMAGES);
      assertThat(fixture.notes).singleElement().asString().contains(root + " is not a folder");
    }
    assertThat(root).hasContent("no folder");
  }

  @Test
  void rowsOfAReadOnlyFolderAreReused() throws Exception {
    try (SmallDisk disk = new SmallDisk(root);
        FrozenLayers frozen = StoreFixture.frozen(1)) {
      StoreFixture.Run first = run(frozen, FeatureCache.standard(root));
      assertThat(fixture.notes).isEmpty();
      disk.makeReadOnly();
      writeImage(IMAGES);
      StoreFixture.Run second = run(frozen, FeatureCache.standard(root));
      assertThat(second.computed()).isEqualTo(1);
      assertThat(second.reused()).isEqualTo(IMAGES);
      assertThat(second.rows()).containsKeys("3.png", IMAGES + ".png");
      StoreFixture.requireSameRows(run(frozen, FeatureCache.off()), second);
      assertThat(fixture.notes).singleElement().asString().contains("Cannot keep features");
      assertThat(first.rows()).hasSize(IMAGES);
      fixture.extracted = "";
      requireRefusal(frozen);
      assertThatThrownBy(() -> FeatureCache.at(root).prune(0))
          .isInstanceOf(OutputException.class)
          .hasMessageContainingAll("Cannot remove", root.toString());
    }
  }

  @Test
  void fullDiskIsDetectedBeforeExtraction() throws Exception {
    try (SmallDisk disk = new SmallDisk(root);
        FrozenLayers frozen = StoreFixture.frozen(1)) {
      disk.fillUpTo(1 << 12);
      int images = writeImagesOfMoreThan(1 << 12);
      requireRefusal(frozen);
      assertThat(run(frozen, FeatureCache.standard(root)).computed()).isEqualTo(images);
      assertThat(fixture.notes).singleElement().asString().contains("are needed", "are free");
    }
  }

  @Test
  void featureFileWithoutDiskSpaceIsRefusedBeforeExtraction() throws Exception {
    Path disk = folder.resolve("disk");
    try (SmallDisk small = new SmallDisk(disk);
        FrozenLayers frozen = StoreFixture.frozen(1)) {
      small.fillUpTo(1 << 12);
      writeImagesOfMoreThan(1 << 12);
      Path file = disk.resolve("features.safetensors");
      Throwable failure =
          catchThrowable(
              () ->
                  fixture
                      .extractor(frozen, FeatureCache.at(root))
                      .extractTo(file, ImageFolder.open(imageFolder), TensorType.F16, Map.of()));
      assertThat(fixture.extracted).isEmpty();
      assertThat(failure)
          .isInstanceOf(OutputException.class)
          .hasMessageContaining("Cannot write " + file);
    }
  }

  @Test
  void diskWithoutFreeSpaceIsDetectedWithoutReadingImages() throws Exception {
    try (SmallDisk disk = new SmallDisk(root)) {
      disk.fillUpTo(0);
      assertThatThrownBy(() -> FeatureCache.at(root).requireUsable(fixture.notes::add))
          .isInstanceOf(OutputException.class);
      assertThat(FeatureCache.standard(root).requireUsable(fixture.notes::add).keeps()).isFalse();
      assertThat(fixture.notes).hasSize(1);
    }
  }

  private void requireRefusal(FrozenLayers frozen) {
    Throwable failure = catchThrowable(() -> run(frozen, FeatureCache.at(root)));
    assertThat(fixture.extracted).isEmpty();
    assertThat(failure)
        .isInstanceOf(OutputException.class)
        .hasMessageContainingAll(
            "Cannot keep features", root.toString(), "cache folder", "GRAFT_HOME");
  }
}
