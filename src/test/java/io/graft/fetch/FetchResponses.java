package io.graft.fetch;

import io.graft.fetch.FetchServer.Request;
import io.graft.fetch.FetchServer.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Responses of correct and faulty servers. */
final class FetchResponses {

  private static final long DEADLINE_NANOS = 30_000_000_000L;

  private FetchResponses() {}

  /** Sends the file. Supports ranges, and {@code If-Range} with one entity tag. */
  static Response file(byte[] content, String etag) {
    return (request, wire) -> {
      int from = from(request, etag);
      if (from > content.length || (from == content.length && from > 0)) {
        wire.head("416 Range Not Satisfiable", "Content-Range: bytes */" + content.length);
        return;
      }
      head(wire, content.length, from, etag);
      wire.send(content, from, content.length);
    };
  }

  /** Sends the whole file, whatever part is requested. */
  static Response withoutRanges(byte[] content) {
    return (request, wire) -> {
      wire.head("200 OK", "Content-Length: " + content.length);
      wire.send(content);
    };
  }

  /** Sends the file up to {@code cut}, waits until the client has written it, and resets. */
  static Response resetAt(byte[] content, String etag, int cut, Path part) {
    return (request, wire) -> {
      int from = from(request, etag);
      head(wire, content.length, from, etag);
      wire.send(content, from, cut);
      awaitLength(part, cut);
      wire.reset();
    };
  }

  /** Sends the file up to {@code cut}, and then nothing until the client disconnects. */
  static Response stallAt(byte[] content, String etag, int cut) {
    return (request, wire) -> {
      int from = from(request, etag);
      head(wire, content.length, from, etag);
      wire.send(content, from, cut);
      // Returns when the client closes its end.
      wire.socket().getInputStream().read();
    };
  }

  static Response status(String status, String... headers) {
    return (request, wire) -> {
      String[] all = Arrays.copyOf(headers, headers.length + 1);
      all[headers.length] = "Content-Length: 0";
      wire.head(status, all);
    };
  }

  static Response redirect(Object location) {
    return status("302 Found", "Location: " + location);
  }

  /** Returns the first requested byte, or 0 if {@code If-Range} names another version. */
  static int from(Request request, String etag) {
    String range = request.header("range");
    String condition = request.header("if-range");
    if (range == null || (condition != null && !condition.equals(etag))) {
      return 0;
    }
    return Integer.parseInt(range.replaceFirst("bytes=(\\d+)-", "$1"));
  }

  static void head(FetchServer.Wire wire, int length, int from, String etag) throws IOException {
    if (from == 0) {
      wire.head("200 OK", "ETag: " + etag, "Content-Length: " + length);
    } else {
      wire.head(
          "206 Partial Content",
          "ETag: " + etag,
          "Content-Range: bytes " + from + "-" + (length - 1) + "/" + length,
          "Content-Length: " + (length - from));
    }
  }

  /** Waits until a file has this length, so that a reset loses no bytes. */
  static void awaitLength(Path file, long length) throws Exception {
    long deadline = System.nanoTime() + DEADLINE_NANOS;
    while (!Files.exists(file) || Files.size(file) < length) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(file + " does not reach " + length + " bytes");
      }
      Thread.sleep(2);
    }
  }
}
