package io.graft.fetch;

import io.graft.fetch.CacheCheck.State;
import io.graft.runtime.FileFailure;
import io.graft.runtime.Folders;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.OptionalLong;

/**
 * A folder of published files, which are fetched at their first use. A file gets its name only when
 * it is complete and has the published digest. Many processes may use the folder at once: one of
 * them fetches, and the others wait for it. A file that somebody put there by hand is accepted if
 * its digest is right.
 *
 * <p>{@link CacheSlot} describes the other files that belong to each published file.
 */
public final class WeightCache {

  private final Path folder;
  private final FetchSettings settings;

  /** Opens the cache in Graft's cache folder. */
  public WeightCache() {
    this(Folders.cache().resolve("weights"));
  }

  /** Opens the cache in a folder, which need not exist yet. */
  public WeightCache(Path folder) {
    this(folder, FetchSettings.standard());
  }

  WeightCache(Path folder, FetchSettings settings) {
    this.folder = folder.toAbsolutePath().normalize();
    this.settings = settings;
  }

  /** Returns the path of a file in the cache, whether or not it exists. */
  public Path path(PublishedFile published) {
    return folder.resolve(published.fileName());
  }

  /**
   * Returns a file from the cache, or fetches it over the network. A cached file is hashed at its
   * first use, and again after a change.
   *
   * @return the path of the whole file, with the published digest
   * @throws WeightsException if the file cannot be fetched; the message says why and how to put the
   *     file there by hand
   */
  public Path fetch(PublishedFile published, FetchOptions options, Progress progress) {
    CacheSlot slot = slot(published);
    if (slot.isVerified()) {
      return slot.file();
    }
    URI source = options.sourceOf(published);
    if (options.offline() && !Files.exists(slot.file())) {
      throw new WeightsException(
          ("%s is not in the cache: expected %s. It may not be fetched, because offline or %s is"
                  + " set.%s Or allow the network to fetch it.")
              .formatted(
                  published.fileName(),
                  slot.file(),
                  FetchOptions.OFFLINE_VARIABLE,
                  slot.byHand(source)),
          "offline");
    }
    try (FetchLock lock = lock(slot, progress)) {
      if (slot.isVerified()) {
        return slot.file();
      }
      CacheCheck check = check(slot, progress);
      if (check.state() == State.DAMAGED) {
        if (options.offline() || !Files.isRegularFile(slot.file())) {
          throw new WeightsException(check.message() + slot.byHand(source));
        }
        Files.move(slot.file(), slot.damaged(), StandardCopyOption.REPLACE_EXISTING);
        progress.note(check.message() + " Moved to " + slot.damaged() + "; fetching it again.");
      }
      if (check.state() != State.PRESENT) {
        new Download(slot, source, settings, progress).run();
        slot.writeStamp(slot.currentStamp());
      }
      return slot.file();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WeightsException(
          "Interrupted while fetching %s; what arrived is kept. Run again to continue."
              .formatted(published.fileName()),
          e);
    } catch (IOException e) {
      if (Files.exists(slot.file())) {
        return acceptedInReadOnlyCache(slot, source, progress);
      }
      throw unusableFolder(slot, source, e);
    }
  }

  /** Hashes a cached file, even if it has a stamp. Changes only the stamp. */
  public CacheCheck verify(PublishedFile published) {
    CacheSlot slot = slot(published);
    try {
      return check(slot, Progress.NONE);
    } catch (IOException e) {
      return new CacheCheck(
          State.DAMAGED,
          slot.file(),
          "%s cannot be read: %s; expected %s. Delete it or move it away to have it fetched again."
              .formatted(slot.file(), FileFailure.reason(e), published.facts()));
    }
  }

  private CacheSlot slot(PublishedFile published) {
    return new CacheSlot(published, path(published));
  }

  private FetchLock lock(CacheSlot slot, Progress progress)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    boolean[] said = new boolean[1];
    return FetchLock.acquire(
        slot.lock(),
        () -> {
          if (!said[0]) {
            said[0] = true;
            progress.note(
                "Another process is fetching %s. Waiting for it to finish (%s)."
                    .formatted(slot.published().fileName(), slot.lock()));
          }
          reportPart(slot, progress);
          StoppedException.throwIfRequested(progress, "another process fetched the weights");
        });
  }

  private static void reportPart(CacheSlot slot, Progress progress) {
    OptionalLong total = slot.published().sizeBytes();
    try {
      progress.advanced(Progress.Phase.FETCH, Files.size(slot.part()), total.orElse(-1));
    } catch (IOException e) {
      // The part does not exist before the fetch begins or after it ends.
    }
  }

  private static CacheCheck check(CacheSlot slot, Progress progress) throws IOException {
    Path file = slot.file();
    PublishedFile published = slot.published();
    String stamp = Files.isDirectory(file.getParent()) ? slot.currentStamp() : null;
    if (stamp == null) {
      return new CacheCheck(
          State.MISSING, file, file + " does not exist; expected " + published.facts() + ".");
    }
    if (!Files.isRegularFile(file)) {
      return new CacheCheck(
          State.DAMAGED, file, file + " is not a file; expected " + published.facts() + ".");
    }
    long size = Files.size(file);
    OptionalLong publishedSize = published.sizeBytes();
    String found = size + " bytes";
    if (publishedSize.isEmpty() || publishedSize.getAsLong() == size) {
      progress.note("Checking the digest of " + file + ".");
      String hex = published.digest().hexOf(file);
      found += " and " + published.digest().named(hex);
      if (published.digest().matches(hex)) {
        // The stamp was taken before hashing, so it does not fit a file that changed meanwhile.
        slot.writeStamp(stamp);
        return new CacheCheck(State.PRESENT, file, file + " has " + found + ", as published.");
      }
    }
    slot.deleteStamp();
    return new CacheCheck(
        State.DAMAGED,
        file,
        ("%s is not the published file: it has %s; expected %s. Delete it or move it away to have"
                + " it fetched again.")
            .formatted(file, found, published.facts()));
  }

  private static Path acceptedInReadOnlyCache(CacheSlot slot, URI source, Progress progress) {
    CacheCheck check;
    try {
      check = check(slot, progress);
    } catch (IOException e) {
      throw unusableFolder(slot, source, e);
    }
    if (check.state() != State.PRESENT) {
      throw new WeightsException(check.message() + slot.byHand(source));
    }
    return slot.file();
  }

  /** Creates the exception for a cache folder or cached file that cannot be read or written. */
  private static WeightsException unusableFolder(CacheSlot slot, URI source, IOException failure) {
    if (Files.exists(slot.file()) && !Files.isReadable(slot.file())) {
      return new WeightsException(
          ("Cannot read %s: %s. Expected a readable file: %s. Change its permissions, or move it"
                  + " away to have it fetched again.")
              .formatted(slot.file(), FileFailure.reason(failure), slot.published().facts()),
          failure);
    }
    Path folder = slot.file().getParent();
    Path existing = Folders.nearestExisting(folder);
    String reason =
        Files.isDirectory(existing)
            ? "the cache folder %s cannot be used: %s"
                .formatted(folder, FileFailure.reason(failure))
            : "the cache folder should be %s, but %s is a file".formatted(folder, existing);
    return new WeightsException(
        ("Cannot fetch %s: %s. Expected a folder with write permission, on a file system with"
                + " locks. Name another one in GRAFT_HOME.%s")
            .formatted(slot.published().fileName(), reason, slot.byHand(source)),
        failure);
  }
}
