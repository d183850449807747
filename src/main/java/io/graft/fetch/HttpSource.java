package io.graft.fetch;

import io.graft.fetch.EnvironmentProxies.Server;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Requests the file at one address, or the rest of it, over HTTP/1.1. */
final class HttpSource {

  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final int MOST_REDIRECTS = 10;

  /** A property that Java reads once. By default Java sends no password to a tunnelling proxy. */
  static final String TUNNEL_PROPERTY = "jdk.http.auth.tunneling.disabledSchemes";

  private final URI address;
  private final FetchSettings settings;
  private final HttpClient client;

  HttpSource(URI address, FetchSettings settings) {
    this.address = address;
    this.settings = settings;
    boolean passwordForProxy =
        settings.proxies().serverFor(address).flatMap(Server::authorization).isPresent();
    if (passwordForProxy && System.getProperty(TUNNEL_PROPERTY) == null) {
      System.setProperty(TUNNEL_PROPERTY, "");
    }
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(settings.connectTimeout())
            .proxy(settings.proxies());
    settings.tls().ifPresent(builder::sslContext);
    this.client = builder.build();
  }

  /**
   * Requests the file from the given byte to its end.
   *
   * @param offset the index of the first requested byte
   * @param validator the version of the bytes before the offset, if it is known
   */
  Response get(long offset, Optional<String> validator) throws FetchFailure, InterruptedException {
    Set<URI> seen = new HashSet<>(Set.of(address));
    URI at = address;
    while (true) {
      Response response = send(at, request(at, offset, validator));
      if (!REDIRECTS.contains(response.status())) {
        return response;
      }
      try (response) {
        at = follow(response, seen);
      }
    }
  }

  /**
   * Returns the address that a redirect leads to. Follows redirects on the same host, and those
   * over https to another host, such as a publisher's delivery network. Refuses redirects from
   * https to http, because they lose the protection. Refuses redirects from http to another host,
   * which are typical of sign-in pages.
   *
   * @param seen all addresses so far; this method adds the new one
   */
  private static URI follow(Response response, Set<URI> seen) throws FetchFailure {
    URI from = response.from();
    String message = Addresses.shown(from) + " answered with redirect " + response.status();
    String location = response.header("Location").orElse(null);
    if (location == null) {
      throw FetchFailure.fatal(message + " and no Location; expected the address to go to.");
    }
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new FetchFailure(
          FetchFailure.Next.FATAL,
          message + " to '" + location + "', which is not an address; expected one.",
          e);
    }
    if (!Addresses.isWeb(to)) {
      throw FetchFailure.fatal(message + " to " + to + "; expected an http or https address.");
    }
    message += " to " + Addresses.shown(to);
    if (Addresses.isHttps(from) && !Addresses.isHttps(to)) {
      throw FetchFailure.fatal(
          message + "; expected https, since a redirect from https to http is not followed.");
    }
    if (!Addresses.sameHost(from, to) && !Addresses.isHttps(from)) {
      throw FetchFailure.fatal(
          message
              + ", another host; expected the same host, because only a sign-in page or a moved mirror"
              + " redirects http to another host. If the other host is the right one,"
              + " name it as the mirror.",
          "weights-url");
    }
    if (!seen.add(to)) {
      throw FetchFailure.fatal(message + ", which was visited before: a redirect loop.");
    }
    if (seen.size() > MOST_REDIRECTS + 1) {
      throw FetchFailure.fatal(
          message + ", the redirect after " + MOST_REDIRECTS + " others; expected fewer.");
    }
    return to;
  }

  private HttpRequest request(URI at, long offset, Optional<String> validator) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(Addresses.withoutUser(at))
            // The byte ranges of a compressed body are not those of the file.
            .header("Accept-Encoding", "identity")
            .header("User-Agent", "graft");
    if (offset > 0) {
      request.header("Range", "bytes=" + offset + "-");
      validator.ifPresent(value -> request.header("If-Range", value));
    }
    if (address.getRawUserInfo() != null && Addresses.sameOrigin(address, at)) {
      request.header("Authorization", EnvironmentProxies.basic(address.getRawUserInfo()));
    }
    Optional<String> proxyPassword =
        settings.proxies().serverFor(at).flatMap(Server::authorization);
    proxyPassword.ifPresent(value -> request.header("Proxy-Authorization", value));
    return request.build();
  }

  private Response send(URI at, HttpRequest request) throws FetchFailure, InterruptedException {
    Duration limit = settings.connectTimeout().plus(settings.idleTimeout());
    // The request's own time-out covers the whole body in newer Java versions.
    CompletableFuture<HttpResponse<ResponseBody>> sent =
        client.sendAsync(request, headers -> new ResponseBody());
    try {
      HttpResponse<ResponseBody> response = sent.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return new Response(at, response.statusCode(), response.headers(), response.body());
    } catch (TimeoutException e) {
      sent.cancel(true);
      String message =
          "%s did not respond; expected a response within %s."
              .formatted(describe(at), FetchSettings.shown(limit));
      throw new FetchFailure(FetchFailure.Next.RETRY, message, e);
    } catch (InterruptedException e) {
      sent.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      IOException failure =
          e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
      throw FetchFailure.ofConnection(failure, describe(at), at.getHost(), settings);
    }
  }

  /** Returns an address and its proxy as text for people. */
  String describe(URI at) {
    Optional<Server> proxy = settings.proxies().serverFor(at);
    return Addresses.shown(at) + proxy.map(name -> " (through proxy " + name + ")").orElse("");
  }
}
