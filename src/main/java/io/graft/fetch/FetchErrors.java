package io.graft.fetch;

import io.graft.runtime.FileFailure;
import io.graft.runtime.Folders;
import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** Creates the exceptions of failed fetches. Their messages end with what to do. */
final class FetchErrors {

  private FetchErrors() {}

  /**
   * Creates the exception of a failed download.
   *
   * @param failure the last failure
   * @param attempts how many attempts were made
   * @param keptBytes how much of the file is kept for the next run
   */
  static WeightsException failed(
      CacheSlot slot, URI source, FetchFailure failure, int attempts, long keptBytes) {
    String reason = failure.getMessage();
    String tried = attempts > 1 ? " All %s attempts failed.".formatted(attempts) : "";
    String kept =
        keptBytes == 0
            ? ""
            : " The %s bytes that arrived are kept; the next run continues from there."
                .formatted(keptBytes);
    return new WeightsException(
        "Cannot fetch %s: %s%s%s%s%s"
            .formatted(
                slot.published().fileName(),
                reason,
                reason.endsWith(".") || reason.endsWith("?") ? "" : ".",
                tried,
                kept,
                byHand(slot, source)),
        failure,
        failure.settings());
  }

  /** Creates the exception of a file that is not in the cache and must not be fetched. */
  static WeightsException offline(CacheSlot slot, URI source) {
    return new WeightsException(
        ("%s is not in the cache: expected %s. It may not be fetched, because offline or %s is"
                + " set.%s Or leave both out to fetch it.")
            .formatted(
                slot.published().fileName(),
                slot.file(),
                FetchOptions.OFFLINE_VARIABLE,
                byHand(slot, source)),
        "offline");
  }

  /** Creates the exception of another file in the place of the published one. */
  static WeightsException damaged(CacheSlot slot, URI source, String found) {
    return new WeightsException(found + byHand(slot, source));
  }

  /** Creates the exception of a cache folder that cannot be read or written. */
  static WeightsException unusableFolder(CacheSlot slot, URI source, IOException failure) {
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
            .formatted(slot.published().fileName(), reason, byHand(slot, source)),
        failure);
  }

  private static String byHand(CacheSlot slot, URI source) {
    PublishedFile published = slot.published();
    String mirror = source.equals(published.address()) ? "" : " or " + Addresses.shown(source);
    return " To put it there by hand, save %s%s (%s) as %s."
        .formatted(Addresses.shown(published.address()), mirror, published.facts(), slot.file());
  }
}
