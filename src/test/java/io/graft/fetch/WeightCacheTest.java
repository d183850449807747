package io.graft.fetch;

import static io.graft.fetch.FetchFixture.ETAG;
import static io.graft.fetch.FetchFixture.NAME;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.fetch.CacheCheck.State;
import io.graft.fetch.FileDigest.Algorithm;
import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The weight cache: files that users add, damaged files, and offline use. */
class WeightCacheTest {

  private static final byte[] CONTENT = FetchFixture.content(60_000, 6);
  private static final FetchOptions OFFLINE = FetchOptions.defaults().withOffline(true);

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
  void offlineErrorNamesTheFileAndWhereToPutIt() throws IOException {
    Path missing = folder.resolve("not/yet");
    assertThatThrownBy(() -> new WeightCache(missing).fetch(published, OFFLINE, progress))
        .isInstanceOf(WeightsException.class)
        .hasMessage(
            NAME
                + " is not in the cache: expected "
                + missing.resolve(NAME)
                + ". It may not be fetched, because offline or GRAFT_OFFLINE is set. To put it there"
                + " by hand, save "
                + published.address()
                + " (60000 bytes, SHA-256 "
                + FetchFixture.sha256(CONTENT)
                + ") as "
                + missing.resolve(NAME)
                + ". Or allow the network to fetch it.");
    assertThat(server.requests).isEmpty();
    assertThat(missing).doesNotExist();
  }

  @Test
  void fileThatAUserAddedIsHashedOnce() throws IOException {
    Path file = Files.write(folder.resolve(NAME), CONTENT);
    assertThat(fetch(OFFLINE)).isEqualTo(file);
    assertThat(progress.notes).containsExactly("Checking the digest of " + file + ".");
    assertThat(fetch(OFFLINE)).isEqualTo(file);
    assertThat(fetch(FetchOptions.defaults())).isEqualTo(file);
    assertThat(progress.notes).hasSize(1);
    assertThat(server.requests).isEmpty();
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-01-02T03:04:05Z")));
    assertThat(fetch(OFFLINE)).isEqualTo(file);
    assertThat(progress.notes).hasSize(2);
  }

  @Test
  void fileIsMissingIfTheFolderDoesNotExist() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    WeightCache cache = new WeightCache(file.resolve("weights"), FetchFixture.quick());
    assertThat(cache.verify(published).state()).isEqualTo(CacheCheck.State.MISSING);
  }

  @Test
  void fetchedFileIsNotHashedAgain() {
    fetch(FetchOptions.defaults());
    fetch(OFFLINE);
    assertThat(progress.notes).isEmpty();
  }

  @Test
  void stampIsOnlyValidForItsDigest() throws IOException {
    Path file = Files.write(folder.resolve(NAME), CONTENT);
    fetch(OFFLINE);
    PublishedFile other =
        new PublishedFile(
            published.address(),
            NAME,
            published.sizeBytes(),
            new FileDigest(Algorithm.SHA256, FetchFixture.sha256(new byte[0])));
    assertThatThrownBy(() -> cache().fetch(other, OFFLINE, progress))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(file + " is not the published file");
  }

  @Test
  void changedFileIsRefusedOfflineAndReplacedOnline() throws IOException {
    Path file = fetch(FetchOptions.defaults());
    byte[] damaged = CONTENT.clone();
    damaged[1234] ^= 8;
    Files.write(file, damaged);
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2030-01-02T03:04:05Z")));
    assertThatThrownBy(() -> fetch(OFFLINE))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll(
            file + " is not the published file",
            "60000 bytes and SHA-256 " + FetchFixture.sha256(damaged),
            "expected 60000 bytes, SHA-256 " + FetchFixture.sha256(CONTENT),
            "Delete it or move it away",
            "To put it there by hand");
    assertThat(file).hasBinaryContent(damaged);
    progress.notes.clear();
    assertThat(fetch(FetchOptions.defaults())).hasBinaryContent(CONTENT);
    assertThat(folder.resolve(NAME + ".damaged")).hasBinaryContent(damaged);
    assertThat(progress.notes).last().asString().contains("Moved to", "fetching it again");
  }

  @Test
  void verifyReportsPresentMissingAndDamaged() throws IOException {
    assertThat(cache().verify(published))
        .satisfies(check -> assertThat(check.state()).isEqualTo(State.MISSING))
        .satisfies(check -> assertThat(check.message()).contains(NAME + " does not exist"));
    Path file = fetch(FetchOptions.defaults());
    assertThat(cache().verify(published))
        .satisfies(check -> assertThat(check.state()).isEqualTo(State.PRESENT))
        .satisfies(check -> assertThat(check.file()).isEqualTo(file));
    // The stamp still matches, but verify hashes the file anyway.
    FileTime changed = Files.getLastModifiedTime(file);
    byte[] damaged = CONTENT.clone();
    damaged[59_999] ^= 1;
    Files.write(file, damaged);
    Files.setLastModifiedTime(file, changed);
    assertThat(cache().verify(published))
        .satisfies(check -> assertThat(check.state()).isEqualTo(State.DAMAGED))
        .satisfies(
            check ->
                assertThat(check.message())
                    .contains(FetchFixture.sha256(damaged), FetchFixture.sha256(CONTENT)));
    assertThat(file).hasBinaryContent(damaged);
    // Verify deleted the stamp, so fetch detects the damage too.
    assertThatThrownBy(() -> fetch(OFFLINE)).isInstanceOf(WeightsException.class);
    Files.write(file, Arrays.copyOf(CONTENT, 10));
    assertThat(cache().verify(published).message()).contains("it has 10 bytes; expected 60000");
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(cache().verify(published).state()).isEqualTo(State.DAMAGED);
    assertThatThrownBy(() -> fetch(FetchOptions.defaults()))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(file + " is not a file");
  }

  @Test
  void digestMayBeAPrefixOrAnMd5() throws IOException {
    Files.write(folder.resolve(NAME), "abc".getBytes(US_ASCII));
    // SHA-256 and MD5 of "abc" from the examples of FIPS 180-4 and RFC 1321.
    String sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assertThat(state(new FileDigest(Algorithm.SHA256, sha256))).isEqualTo(State.PRESENT);
    assertThat(state(new FileDigest(Algorithm.SHA256_PREFIX, "BA7816BF"))).isEqualTo(State.PRESENT);
    assertThat(state(new FileDigest(Algorithm.SHA256_PREFIX, "ba7816be"))).isEqualTo(State.DAMAGED);
    assertThat(state(new FileDigest(Algorithm.MD5, "900150983cd24fb0d6963f7d28e17f72")))
        .isEqualTo(State.PRESENT);
    assertThat(state(new FileDigest(Algorithm.MD5, "900150983cd24fb0d6963f7d28e17f73")))
        .isEqualTo(State.DAMAGED);
  }

  @Test
  void interruptedFetchKeepsThePartialFile() throws Exception {
    int cut = 10_000;
    server.respondWith(FetchResponses.stallAt(CONTENT, ETAG, cut));
    Throwable[] thrown = new Throwable[1];
    boolean[] interrupted = new boolean[1];
    Thread thread =
        new Thread(
            () -> {
              try {
                fetch(options());
              } catch (WeightsException e) {
                thrown[0] = e;
                interrupted[0] = Thread.currentThread().isInterrupted();
              }
            });
    thread.start();
    FetchResponses.awaitLength(folder.resolve(NAME + ".part"), cut);
    thread.interrupt();
    thread.join(10_000);
    assertThat(thrown[0]).hasMessageContaining("Interrupted while fetching " + NAME);
    assertThat(interrupted[0]).isTrue();
    assertThat(folder.resolve(NAME + ".part")).hasSize(cut);
  }

  private State state(FileDigest digest) {
    return cache()
        .verify(new PublishedFile(published.address(), NAME, OptionalLong.of(3), digest))
        .state();
  }

  private static FetchOptions options() {
    return FetchOptions.defaults();
  }

  private WeightCache cache() {
    return new WeightCache(folder, FetchFixture.quick());
  }

  private Path fetch(FetchOptions options) {
    return cache().fetch(published, options, progress);
  }
}
