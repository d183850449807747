package io.graft.fetch;

import io.graft.fetch.CacheCheck.State;
import io.graft.runtime.CacheFolder;
import io.graft.runtime.FileFailure;
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
 * A folder of published files, fetched when they are first wanted. A file has its name there only
 * when it is whole and has the published digest. Any number of processes may use the folder at
 * once: one of them fetches, the others wait for it. A file that somebody put there by hand is as
 * good as a fetched one if its digest is right.
 *
 * <p>Beside {@code NAME} lie {@code NAME.part} (what has arrived, from which the next run goes on),
 * {@code NAME.part.origin} (of which version it is), {@code NAME.lock}, {@code NAME.verified} (that
 * and when the digest was found right) and {@code NAME.damaged} (a file that had the name and was
 * another).
 */
public final class WeightCache {

  private final Path folder;
  private final FetchSettings settings;

  /** The cache in Graft's own cache folder. */
  public WeightCache() {
    this(CacheFolder.path().resolve("weights"));
  }

  /** The cache in a folder, which need not exist yet. */
  public WeightCache(Path folder) {
    this(folder, FetchSettings.standard());
  }

  WeightCache(Path folder, FetchSettings settings) {
    this.folder = folder.toAbsolutePath().normalize();
    this.settings = settings;
  }

  /** Where a file lies once it is here. */
  public Path path(PublishedFile published) {
    return folder.resolve(published.fileName());
  }

  /**
   * The file, from the cache if it is there and else from the network. One that is there is hashed
   * once, and again only after it was changed.
   *
   * @return where it lies, whole and with the published digest
   * @throws WeightsException if it is not to be had; the message says why and how to put it there
   *     by hand
   */
  public Path fetch(PublishedFile published, FetchOptions options, Progress progress) {
    CacheSlot slot = slot(published);
    if (VerifiedStamp.fits(slot)) {
      return slot.file();
    }
    URI source = options.sourceOf(published);
    if (options.offline() && !Files.exists(slot.file())) {
      throw FetchErrors.offline(slot, source);
    }
    try (FetchLock lock = lock(slot, progress)) {
      if (VerifiedStamp.fits(slot)) {
        return slot.file();
      }
      CacheCheck check = check(slot, progress);
      if (check.state() == State.DAMAGED) {
        if (options.offline() || !Files.isRegularFile(slot.file())) {
          throw FetchErrors.damaged(slot, source, check.message());
        }
        setAside(slot, progress, check);
      }
      if (check.state() != State.PRESENT) {
        new Download(slot, source, settings, progress).run();
        VerifiedStamp.write(slot, VerifiedStamp.of(slot));
      }
      return slot.file();
    } catch (InterruptedException e) {
      throw FetchErrors.interrupted(slot, e);
    } catch (IOException e) {
      if (Files.exists(slot.file())) {
        return acceptedInReadOnlyCache(slot, source, progress);
      }
      throw FetchErrors.unusableFolder(slot, source, e);
    }
  }

  /** Hashes a cached file, whether or not that was done before. Changes no file but its stamp. */
  public CacheCheck verify(PublishedFile published) {
    CacheSlot slot = slot(published);
    try {
      return check(slot, Progress.NONE);
    } catch (IOException e) {
      return new CacheCheck(
          State.DAMAGED,
          slot.file(),
          slot.file()
              + " cannot be read: "
              + FileFailure.reason(e)
              + "; expected "
              + published.facts()
              + ". Delete it or move it away to have it fetched again.");
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
                "Another process is fetching "
                    + slot.published().fileName()
                    + ". Waiting for it to finish ("
                    + slot.lock()
                    + ").");
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
      // Not begun, or just finished: there is nothing to tell.
    }
  }

  private static CacheCheck check(CacheSlot slot, Progress progress) throws IOException {
    Path file = slot.file();
    PublishedFile published = slot.published();
    String stamp = Files.isDirectory(file.getParent()) ? VerifiedStamp.of(slot) : null;
    if (stamp == null) {
      return new CacheCheck(
          State.MISSING, file, file + " is not here; expected " + published.facts() + ".");
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
        // Of before it was hashed: a file that changed meanwhile does not fit its stamp.
        VerifiedStamp.write(slot, stamp);
        return new CacheCheck(State.PRESENT, file, file + " has " + found + ", as published.");
      }
    }
    VerifiedStamp.remove(slot);
    return new CacheCheck(
        State.DAMAGED,
        file,
        file
            + " is not the published file: it has "
            + found
            + "; expected "
            + published.facts()
            + ". Delete it or move it away to have it fetched again.");
  }

  private static void setAside(CacheSlot slot, Progress progress, CacheCheck check)
      throws IOException {
    Files.move(slot.file(), slot.damaged(), StandardCopyOption.REPLACE_EXISTING);
    progress.note(check.message() + " Set aside as " + slot.damaged() + "; fetching it again.");
  }

  private static Path acceptedInReadOnlyCache(CacheSlot slot, URI source, Progress progress) {
    CacheCheck check;
    try {
      check = check(slot, progress);
    } catch (IOException e) {
      throw FetchErrors.unusableFolder(slot, source, e);
    }
    if (check.state() != State.PRESENT) {
      throw FetchErrors.damaged(slot, source, check.message());
    }
    return slot.file();
  }
}
