package io.graft.fetch;

import io.graft.fetch.FetchFailure.Next;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;

/** Fetches one file over the network, in several attempts. The caller holds the slot's lock. */
record Download(CacheSlot slot, URI address, FetchSettings settings, Progress progress) {

  /** The number of bytes that a fetch leaves free on the disk. */
  static final long SPARE_BYTES = 16L << 20;

  /**
   * Fetches the whole file and gives it its final name.
   *
   * @throws WeightsException if the fetch fails; what has arrived is kept, unless its digest is
   *     wrong
   */
  void run() throws InterruptedException {
    HttpSource source = new HttpSource(address, settings);
    int attempts = 0;
    long kept = 0;
    try (PartFile part = PartFile.open(slot, settings.disk())) {
      int failures = 0;
      boolean startedOver = false;
      long arrivedAtFirst = part.length();
      while (true) {
        attempts++;
        long before = part.length();
        try {
          attempt(part, source);
          return;
        } catch (FetchFailure failure) {
          boolean advanced = part.length() - before >= settings.retry().progressBytes();
          failures = advanced ? 1 : failures + 1;
          // A machine without a network cannot find any host, so pauses would not help.
          boolean noNetwork =
              FetchFailure.isUnknownHost(failure) && part.length() <= arrivedAtFirst;
          boolean again =
              switch (failure.next()) {
                case FATAL -> false;
                case RETRY -> failures < settings.retry().attempts() && !noNetwork;
                case START_OVER -> !startedOver;
              };
          kept = part.length();
          if (!again) {
            throw failure;
          }
          if (failure.next() == Next.START_OVER) {
            startedOver = true;
            part.restart();
            progress.note(failure.getMessage() + " Starting over.");
          } else {
            pause(failure, failures, kept);
          }
        }
      }
    } catch (FetchFailure failure) {
      throw failed(failure, attempts, kept);
    }
  }

  private WeightsException failed(FetchFailure failure, int attempts, long keptBytes) {
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
                slot.byHand(address)),
        failure,
        failure.settings());
  }

  private void pause(FetchFailure failure, int failures, long kept) throws InterruptedException {
    double random = ThreadLocalRandom.current().nextDouble();
    Duration pause = settings.retry().pause(failures, failure.askedPause(), random);
    progress.note(
        "%s Trying again from byte %s in %s."
            .formatted(failure.getMessage(), kept, FetchSettings.shown(pause)));
    Thread.sleep(pause.toMillis());
  }

  private void attempt(PartFile part, HttpSource source) throws FetchFailure, InterruptedException {
    OptionalLong published = slot.published().sizeBytes();
    if (published.isPresent() && part.length() > published.getAsLong()) {
      part.restart();
    }
    if (published.isPresent() && part.length() == published.getAsLong()) {
      finish(part, address);
      return;
    }
    requireSpace(part, published);
    long offset = part.length();
    try (Response response = source.get(offset, part.validator(address))) {
      String range = response.header("Content-Range").orElse("").strip();
      // "Range not satisfiable" may say that the part is whole (RFC 9110, 14.4).
      if (response.status() == 416 && offset > 0 && range.equals("bytes */" + offset)) {
        finish(part, response.from());
        return;
      }
      response.requireUsable(offset, source.describe(response.from()));
      boolean fromStart = response.status() == 200;
      if (fromStart && offset > 0) {
        progress.note("The server sends the whole file. Starting over.");
        part.restart();
      }
      OptionalLong total = response.total();
      response.requireSizeOf(slot.published());
      if (published.isEmpty()) {
        requireSpace(part, total);
      }
      if (fromStart) {
        part.remember(address, response.validator());
      }
      receive(part, response, published.isPresent() ? published : total, source);
      finish(part, response.from());
    }
  }

  private void receive(PartFile part, Response response, OptionalLong total, HttpSource source)
      throws FetchFailure, InterruptedException {
    part.beginPiece();
    progress.advanced(Progress.Phase.FETCH, part.length(), total.orElse(-1));
    try {
      Duration limit = settings.idleTimeout();
      ResponseBody body = response.body();
      for (ByteBuffer bytes = body.next(limit); bytes != null; bytes = body.next(limit)) {
        if (total.isPresent() && part.length() + bytes.remaining() > total.getAsLong()) {
          part.restart();
          throw FetchFailure.fatal(
              "%s sent more than %s bytes; expected %s%s."
                  .formatted(
                      Addresses.shown(response.from()),
                      total.getAsLong(),
                      slot.published().facts(),
                      response.pageNote()));
        }
        part.append(bytes);
        progress.advanced(Progress.Phase.FETCH, part.length(), total.orElse(-1));
        StoppedException.throwIfRequested(progress, "weights were fetched; what arrived is kept");
      }
    } catch (IOException e) {
      URI at = response.from();
      throw FetchFailure.ofConnection(e, source.describe(at), at.getHost(), settings);
    }
    if (total.isPresent() && part.length() < total.getAsLong()) {
      String message =
          "%s ended after byte %s; expected %s%s."
              .formatted(
                  Addresses.shown(response.from()),
                  part.length(),
                  total.getAsLong(),
                  response.pageNote());
      throw new FetchFailure(Next.RETRY, message, null);
    }
  }

  private void finish(PartFile part, URI from) throws FetchFailure {
    FileDigest expected = slot.published().digest();
    String found = part.hex();
    if (!expected.matches(found)) {
      String message =
          ("the file from %s has %s bytes and %s; expected %s. It was deleted. It changed in"
                  + " transit or at its source.")
              .formatted(
                  Addresses.shown(from),
                  part.length(),
                  expected.named(found),
                  slot.published().facts());
      // Pieces of two responses, or of two runs, may belong to different versions of the file.
      Next next = part.isPatched() ? Next.START_OVER : Next.FATAL;
      part.restart();
      throw new FetchFailure(next, message, null);
    }
    part.publish();
  }

  private void requireSpace(PartFile part, OptionalLong total) throws FetchFailure {
    if (total.isEmpty()) {
      return;
    }
    long needed = total.getAsLong() - part.length() + SPARE_BYTES;
    long usable;
    try {
      usable = settings.disk().usableBytes(slot.file().getParent());
    } catch (IOException e) {
      // The free space is unknown, so try.
      return;
    }
    // A negative number means a file system too large for a long.
    if (usable >= 0 && usable < needed) {
      throw FetchFailure.fatal(
          ("no space: %s bytes are free in %s; expected %s. Make room there, or name another folder"
                  + " in GRAFT_HOME.")
              .formatted(usable, slot.file().getParent(), needed));
    }
  }
}
