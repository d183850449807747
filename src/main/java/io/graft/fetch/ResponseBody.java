package io.graft.fetch;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The body of a response. It is read piece by piece, with a limit on how long the connection may be
 * silent. Java's client has no such limit: its own streams wait forever on a stalled connection.
 */
final class ResponseBody implements HttpResponse.BodySubscriber<ResponseBody>, AutoCloseable {

  /** How many pieces may wait here, so that data can arrive while a piece is hashed. */
  private static final int PIECES_AHEAD = 16;

  /** Something that arrived: bytes, the end, or a failure. */
  private record Event(List<ByteBuffer> bytes, boolean last, IOException failure) {}

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Deque<ByteBuffer> current = new ArrayDeque<>();
  private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
  private boolean ended;

  @Override
  public CompletionStage<ResponseBody> getBody() {
    // This is complete at once, because the response needs only its headers. The body is read
    // later.
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    if (subscription.complete(given)) {
      given.request(PIECES_AHEAD);
    } else {
      given.cancel();
    }
  }

  @Override
  public void onNext(List<ByteBuffer> bytes) {
    events.add(new Event(bytes, false, null));
  }

  @Override
  public void onError(Throwable failure) {
    IOException cause =
        failure instanceof IOException io ? io : new IOException(failure.toString(), failure);
    events.add(new Event(List.of(), true, cause));
  }

  @Override
  public void onComplete() {
    events.add(new Event(List.of(), true, null));
  }

  /**
   * Returns the next bytes, or null at the end.
   *
   * @throws SilentException if no bytes arrive in time
   * @throws IOException if the connection broke
   */
  ByteBuffer next(Duration idleTimeout) throws IOException, InterruptedException {
    while (current.isEmpty()) {
      if (ended) {
        return null;
      }
      Event event = events.poll(idleTimeout.toMillis(), TimeUnit.MILLISECONDS);
      if (event == null) {
        throw new SilentException();
      }
      ended = event.last();
      if (event.failure() != null) {
        throw event.failure();
      }
      if (!ended) {
        current.addAll(event.bytes());
        subscription.join().request(1);
      }
    }
    return current.remove();
  }

  /** Closes the connection, unless the whole body was read. */
  @Override
  public void close() {
    if (!ended) {
      ended = true;
      if (!subscription.cancel(false)) {
        subscription.join().cancel();
      }
    }
  }

  /** Thrown if nothing arrives within the time limit. */
  static final class SilentException extends IOException {
    private static final long serialVersionUID = 1L;
  }
}
