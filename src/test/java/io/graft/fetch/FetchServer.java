package io.graft.fetch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;

/**
 * A web server on 127.0.0.1 whose responses the test controls, down to the bytes. It records every
 * request.
 */
final class FetchServer implements AutoCloseable {

  /** A request of a client. */
  record Request(String method, String target, Map<String, String> headers) {
    String header(String lowerCaseName) {
      return headers.get(lowerCaseName);
    }
  }

  /** Writes the response to one request, after which the connection is closed. */
  @FunctionalInterface
  interface Response {
    void write(Request request, Wire wire) throws Exception;
  }

  /** The server's end of a connection. */
  record Wire(Socket socket, OutputStream out) {
    /** Writes a status line, headers and an empty line. */
    void head(String status, String... headers) throws IOException {
      StringBuilder text = new StringBuilder("HTTP/1.1 " + status + "\r\n");
      for (String header : headers) {
        text.append(header).append("\r\n");
      }
      send(text.append("Connection: close\r\n\r\n").toString().getBytes(StandardCharsets.US_ASCII));
    }

    void send(byte[] bytes) throws IOException {
      send(bytes, 0, bytes.length);
    }

    void send(byte[] bytes, int from, int to) throws IOException {
      out.write(bytes, from, to - from);
      out.flush();
    }

    /** Ends the connection with a reset instead of an orderly close. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }

  final List<Request> requests = new CopyOnWriteArrayList<>();

  /** Failures of the responses, except for clients that disconnect. */
  final List<Throwable> defects = new CopyOnWriteArrayList<>();

  private final ServerSocket listener;
  private final String scheme;
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private volatile Response response;

  private FetchServer(ServerSocket listener, String scheme, Response response) {
    this.listener = listener;
    this.scheme = scheme;
    this.response = response;
    Thread acceptor = new Thread(this::accept, "fetch-server");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  static FetchServer plain(Response response) {
    try {
      ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      return new FetchServer(listener, "http", response);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static FetchServer tls(SSLContext context, Response response) throws IOException {
    ServerSocket listener =
        context
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    return new FetchServer(listener, "https", response);
  }

  void respondWith(Response newResponse) {
    response = newResponse;
  }

  int port() {
    return listener.getLocalPort();
  }

  URI address(String path) {
    return address("127.0.0.1", path);
  }

  URI address(String host, String path) {
    return URI.create(scheme + "://" + host + ":" + port() + path);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        open.add(socket);
        Thread worker = new Thread(() -> serve(socket), "fetch-server-connection");
        worker.setDaemon(true);
        worker.start();
      } catch (IOException e) {
        // The server was closed, or a client did not finish its handshake.
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      String line = in.readLine();
      if (line == null) {
        return;
      }
      String[] words = line.split(" ", -1);
      Map<String, String> headers = new TreeMap<>();
      for (String header = in.readLine(); header != null && !header.isEmpty(); ) {
        int colon = header.indexOf(':');
        headers.put(
            header.substring(0, colon).toLowerCase(Locale.ROOT),
            header.substring(colon + 1).strip());
        header = in.readLine();
      }
      Request request = new Request(words[0], words[1], headers);
      requests.add(request);
      response.write(request, new Wire(socket, socket.getOutputStream()));
    } catch (IOException e) {
      // Some tests disconnect the client.
    } catch (Exception | AssertionError e) {
      defects.add(e);
    }
  }
}
