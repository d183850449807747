package io.graft.fetch;

import static io.graft.fetch.FetchFixture.ETAG;
import static io.graft.fetch.FetchFixture.NAME;
import static org.assertj.core.api.Assertions.assertThat;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedDeque;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class FetchPropertyTest {

  /** How a connection ends early. */
  enum Ending {
    RESET,
    CLOSE
  }

  /** One connection: the share of the remaining bytes that it sends, and how it ends. */
  record Cut(int permille, Ending ending) {}

  @Property(tries = 60)
  void fetchCompletesAfterCutsAtAnyByte(
      @ForAll @IntRange(min = 1, max = 150_000) int bytes,
      @ForAll long seed,
      @ForAll @Size(max = 6) List<@IntRange(max = 999) Integer> permilles,
      @ForAll @Size(value = 6) List<Ending> endings,
      @ForAll boolean sizeKnown)
      throws IOException {
    byte[] content = FetchFixture.content(bytes, seed);
    Deque<Cut> cuts = new ConcurrentLinkedDeque<>();
    for (int i = 0; i < permilles.size(); i++) {
      cuts.add(new Cut(permilles.get(i), endings.get(i)));
    }
    Path folder = Files.createTempDirectory("fetch-property");
    try (FetchServer server =
        FetchServer.plain((request, wire) -> cut(request, wire, content, cuts))) {
      PublishedFile whole = FetchFixture.published(server.address("/" + NAME), content);
      PublishedFile published =
          sizeKnown
              ? whole
              : new PublishedFile(whole.address(), NAME, OptionalLong.empty(), whole.digest());
      FetchSettings settings =
          FetchFixture.withAttempts(FetchFixture.quick(), permilles.size() + 1, Long.MAX_VALUE);
      Path file =
          new WeightCache(folder, settings)
              .fetch(published, FetchOptions.defaults(), Progress.NONE);
      assertThat(file).hasBinaryContent(content);
      assertThat(folder.resolve(NAME + ".part")).doesNotExist();
      assertThat(cuts).isEmpty();
      assertThat(server.defects).isEmpty();
    } finally {
      DurableFiles.deleteQuietly(folder);
    }
  }

  private static void cut(
      FetchServer.Request request, FetchServer.Wire wire, byte[] content, Deque<Cut> cuts)
      throws IOException {
    int from = FetchResponses.from(request, ETAG);
    FetchResponses.head(wire, content.length, from, ETAG);
    Cut cut = cuts.poll();
    if (cut == null) {
      wire.send(content, from, content.length);
      return;
    }
    long left = (long) content.length - from;
    wire.send(content, from, from + (int) (left * cut.permille() / 1000));
    if (cut.ending() == Ending.RESET) {
      wire.reset();
    }
  }
}
