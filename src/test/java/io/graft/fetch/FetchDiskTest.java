package io.graft.fetch;

import static io.graft.fetch.FetchFixture.ETAG;
import static io.graft.fetch.FetchFixture.NAME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Full disks and unusable cache folders. */
class FetchDiskTest {

  private static final byte[] CONTENT = FetchFixture.content(60_000, 6);

  @TempDir Path folder;

  private final FetchFixture.RecordingProgress progress = new FetchFixture.RecordingProgress();
  private final FetchServer server = FetchServer.plain(FetchResponses.file(CONTENT, ETAG));
  private final PublishedFile published =
      FetchFixture.published(server.address("/" + NAME), CONTENT);

  @AfterEach
  void close() throws IOException {
    server.close();
    assertThat(server.defects).isEmpty();
  }

  @Test
  void missingSpaceIsReportedBeforeAnyRequest() throws IOException {
    long needed = CONTENT.length + Download.SPARE_BYTES;
    assertThatThrownBy(() -> cacheWith(needed - 1).fetch(published, options(), progress))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll(
            "no space: " + (needed - 1) + " bytes are free in " + folder,
            "expected " + needed,
            "GRAFT_HOME");
    assertThat(server.requests).isEmpty();
    assertThat(FetchFixture.names(folder)).containsExactly(NAME + ".lock");
    Files.write(folder.resolve(NAME + ".part"), Arrays.copyOf(CONTENT, 1000));
    assertThat(cacheWith(needed - 1000).fetch(published, options(), progress))
        .hasBinaryContent(CONTENT);
  }

  @Test
  void missingSpaceIsReportedForTheSizeFromTheServer() {
    PublishedFile file =
        new PublishedFile(published.address(), NAME, OptionalLong.empty(), published.digest());
    assertThatThrownBy(() -> cacheWith(CONTENT.length).fetch(file, options(), progress))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("no space");
    assertThat(progress.done).isEmpty();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void diskThatFillsDuringTheFetchIsReported() throws IOException {
    // Writes to /dev/full always fail as on a full disk.
    Files.createSymbolicLink(folder.resolve(NAME + ".part"), Path.of("/dev/full"));
    assertThatThrownBy(() -> cache().fetch(published, options(), progress))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("the disk is full", "No space left on device", "Make room");
  }

  @Test
  void cachePathThatIsAFileIsReported() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "not a folder");
    for (Path path : new Path[] {file, file.resolve("weights")}) {
      assertThatThrownBy(
              () ->
                  new WeightCache(path, FetchFixture.quick()).fetch(published, options(), progress))
          .isInstanceOf(WeightsException.class)
          .hasMessageContainingAll(
              "the cache folder should be " + path, file + " is a file", "GRAFT_HOME", "by hand");
    }
    assertThat(server.requests).isEmpty();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void unwritableFolderIsReported() {
    // Not even root, who ignores permissions, can create files in /proc.
    Path unwritable = Path.of("/proc/self");
    assertThatThrownBy(
            () ->
                new WeightCache(unwritable, FetchFixture.quick())
                    .fetch(published, options(), progress))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll(
            "the cache folder " + unwritable + " cannot be used", "write permission", "GRAFT_HOME");
    assertThat(server.requests).isEmpty();
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void readOnlyCacheServesItsFiles() throws IOException {
    Path readOnly = Files.createDirectory(folder.resolve("shared"));
    Files.write(readOnly.resolve(NAME), CONTENT);
    Files.setPosixFilePermissions(readOnly, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      assumeThat(Files.isWritable(readOnly)).as("permissions apply to this user").isFalse();
      WeightCache cache = new WeightCache(readOnly, FetchFixture.quick());
      assertThat(cache.fetch(published, options(), progress)).isEqualTo(readOnly.resolve(NAME));
      PublishedFile other =
          new PublishedFile(
              published.address(), "other.pth", published.sizeBytes(), published.digest());
      assertThatThrownBy(() -> cache.fetch(other, options(), progress))
          .isInstanceOf(WeightsException.class)
          .hasMessageContainingAll("permission denied", "GRAFT_HOME");
    } finally {
      Files.setPosixFilePermissions(readOnly, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void cacheWithoutALockServesItsFiles() throws IOException {
    // A folder in place of the lock file acts like a read-only cache, even for root.
    Files.createDirectory(folder.resolve(NAME + ".lock"));
    Path file = Files.write(folder.resolve(NAME), CONTENT);
    assertThat(fetch(options())).isEqualTo(file);
    Files.write(file, Arrays.copyOf(CONTENT, 10));
    assertThatThrownBy(() -> fetch(options()))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("it has 10 bytes");
    Files.delete(file);
    assertThatThrownBy(() -> fetch(options()))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("cannot be used", "Is a directory");
    assertThat(server.requests).isEmpty();
  }

  private static FetchOptions options() {
    return FetchOptions.defaults();
  }

  private WeightCache cache() {
    return new WeightCache(folder, FetchFixture.quick());
  }

  private WeightCache cacheWith(long usableBytes) {
    return new WeightCache(
        folder, FetchFixture.withDisk(FetchFixture.quick(), path -> usableBytes));
  }

  private Path fetch(FetchOptions options) {
    return cache().fetch(published, options, progress);
  }
}
