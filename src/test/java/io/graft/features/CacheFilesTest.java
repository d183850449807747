package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.backbone.FrozenLayers;
import io.graft.data.ImageFolder;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.OutputException;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import io.graft.testing.TestPictures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests files of a store that are left over, damaged or unwritable. */
class CacheFilesTest {

  private static final int IMAGES = 4;

  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path folder;
  private Path imageFolder;
  private Path root;
  private FeatureCache cache;

  @BeforeEach
  void writeImages() {
    imageFolder = folder.resolve("images");
    root = folder.resolve("features");
    cache = FeatureCache.at(root);
    for (int i = 0; i < IMAGES; i++) {
      TestPictures.write(
          imageFolder.resolve(i % 2 == 0 ? "b" : "a").resolve(i + ".png"), i, 10 * i);
    }
  }

  private StoreFixture.Run run(FrozenLayers frozen) {
    return fixture.run(frozen, cache, ImageFolder.open(imageFolder));
  }

  @ParameterizedTest
  @ValueSource(strings = {"other", ShardBuffer.FEATURES})
  void fileWithoutRowsCountsAsEmpty(String tensor) throws IOException {
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      run(frozen);
      Path shard = StoreFixture.shards(root).get(0);
      SafetensorsWriter.write(
          shard,
          Map.of(),
          Map.of(new TensorInfo(tensor, TensorType.F32, List.of()), ByteBuffer.allocate(4)));
      assertThat(cache.list())
          .filteredOn(entry -> entry.key().containsKey(StoreKey.BOUNDARY))
          .singleElement()
          .satisfies(entry -> assertThat(entry.rows()).isZero());
    }
  }

  @Test
  void damagedKeyIsRewritten() throws IOException {
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      run(frozen);
      Path key = StoreFixture.shards(root).get(0).resolveSibling(KeyFolder.KEY);
      String content = Files.readString(key);
      Files.writeString(key, "{");
      assertThat(cache.list()).noneMatch(entry -> entry.key().containsKey(StoreKey.BOUNDARY));
      assertThat(run(frozen).computed()).isZero();
      assertThat(key).hasContent(content);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void rowsAreReusedIfDigestsCannotBeWritten() throws Exception {
    // Digests are stored only for files older than the resolution of the file system's clock.
    Thread.sleep(2100);
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      run(frozen);
      // Not even root can write into /proc.
      Path digests = root.resolve(StoreKey.ofImageDigests().id());
      DurableFiles.deleteQuietly(digests);
      Files.createSymbolicLink(digests, Path.of("/proc/self"));
      assertThat(run(frozen).computed()).isZero();
      Files.delete(digests);
    }
  }

  @Test
  void removesTemporaryFilesOfDeadProcesses() throws IOException {
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      run(frozen);
      Path shard = StoreFixture.shards(root).get(0);
      FileTime longAgo = FileTime.from(Instant.now().minusSeconds(3600));
      // Process ids on Linux are below 2^22.
      Path stale = Files.writeString(shard.resolveSibling(".s.4194999-1f.tmp"), "half");
      Path fresh = Files.writeString(shard.resolveSibling(".t.4194999-2f.tmp"), "half");
      Path alive =
          Files.writeString(
              shard.resolveSibling(".u." + ProcessHandle.current().pid() + "-3f.tmp"), "half");
      Files.setLastModifiedTime(stale, longAgo);
      Files.setLastModifiedTime(alive, longAgo);
      assertThat(run(frozen).computed()).isZero();
      assertThat(stale).doesNotExist();
      assertThat(fresh).exists();
      assertThat(alive).exists();
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void unwritableFolderIsReported() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      // Not even root can create files in /proc.
      for (Path place : List.of(file, file.resolve("below"), Path.of("/proc/self"))) {
        assertThatThrownBy(
                () -> fixture.run(frozen, FeatureCache.at(place), ImageFolder.open(imageFolder)))
            .isInstanceOf(OutputException.class)
            .hasMessageContainingAll(place.toString(), "Name another cache folder");
      }
    }
  }
}
