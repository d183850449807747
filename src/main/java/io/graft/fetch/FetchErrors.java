package io.graft.fetch;

import io.graft.runtime.FileFailure;
import io.graft.runtime.Folders;
import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a person is told when a file is not to be had, ending with what to do. */
final class FetchErrors {

  private FetchErrors() {}

  /**
   * A fetch was given up.
   *
   * @param what what happened, was received and was expected
   * @param attempts how many attempts were made
   * @param keptBytes how much of the file is kept for the next run
   */
  static WeightsException gaveUp(
      CacheSlot slot, URI source, FetchFailure what, int attempts, long keptBytes) {
    String kept =
        keptBytes == 0
            ? ""
            : " The "
                + keptBytes
                + " bytes that arrived are kept; the next run goes on from there.";
    return new WeightsException(
        "Cannot fetch "
            + slot.published().fileName()
            + ": "
            + sentence(what.getMessage())
            + (attempts > 1 ? " Gave up after " + attempts + " attempts." : "")
            + kept
            + byHand(slot, source),
        what,
        what.settings());
  }

  /** The file is not here and the network is not to be used. */
  static WeightsException offline(CacheSlot slot, URI source) {
    return new WeightsException(
        slot.published().fileName()
            + " is not in the cache: expected "
            + slot.file()
            + ". It may not be fetched, because offline or "
            + FetchOptions.OFFLINE_VARIABLE
            + " is set."
            + byHand(slot, source)
            + " Or leave both out to fetch it.",
        "offline");
  }

  /** Something else has the name of the file, and it is not to be replaced. */
  static WeightsException damaged(CacheSlot slot, URI source, String found) {
    return new WeightsException(found + byHand(slot, source));
  }

  /** The cache cannot be written, or what is in it not read. */
  static WeightsException unusableFolder(CacheSlot slot, URI source, IOException failure) {
    Path folder = slot.file().getParent();
    Path existing = Folders.nearestExisting(folder);
    String what =
        Files.isDirectory(existing)
            ? "the cache folder " + folder + " cannot be used: " + FileFailure.reason(failure)
            : "the cache folder is to be " + folder + ", but " + existing + " is a file";
    return new WeightsException(
        "Cannot fetch "
            + slot.published().fileName()
            + ": "
            + what
            + ". Expected a folder with write permission, on a file system with locks. Name another"
            + " one in GRAFT_HOME."
            + byHand(slot, source),
        failure);
  }

  /** The thread was told to stop. */
  static WeightsException interrupted(CacheSlot slot, InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new WeightsException(
        "Interrupted while "
            + slot.published().fileName()
            + " was being fetched; what arrived is kept. Run again to go on.",
        cause);
  }

  private static String byHand(CacheSlot slot, URI source) {
    PublishedFile published = slot.published();
    String mirror = source.equals(published.address()) ? "" : " or " + Addresses.shown(source);
    return " To put it there by hand, save "
        + Addresses.shown(published.address())
        + mirror
        + " ("
        + published.facts()
        + ") as "
        + slot.file()
        + ".";
  }

  private static String sentence(String text) {
    return text.endsWith(".") || text.endsWith("?") ? text : text + ".";
  }
}
