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
 * A web server on 127.0.0.1 that answers as a test tells it to, down to the bytes on the wire. It
 * remembers every request.
 */
final class FetchServer implements AutoCloseable {

  /** What a client asked. */
  record Request(String method, String target, Map<String, String> headers) {
    String header(String lowerCaseName) {
      return headers.get(lowerCaseName);
    }
  }

  /** Answers one request; the connection is closed afterwards. */
  @FunctionalInterface
  interface Answer {
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

    /** Ends the connection with a reset in place of an orderly close. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }

  final List<Request> requests = new CopyOnWriteArrayList<>();

  /** Failures of the answers themselves, other than that the client went away. */
  final List<Throwable> defects = new CopyOnWriteArrayList<>();

  private final ServerSocket listener;
  private final String scheme;
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private volatile Answer answer;

  private FetchServer(ServerSocket listener, String scheme, Answer answer) {
    this.listener = listener;
    this.scheme = scheme;
    this.answer = answer;
    Thread acceptor = new Thread(this::accept, "fetch-server");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  static FetchServer plain(Answer answer) {
    try {
      ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      return new FetchServer(listener, "http", answer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static FetchServer tls(SSLContext context, Answer answer) throws IOException {
    ServerSocket listener =
        context
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    return new FetchServer(listener, "https", answer);
  }

  void answerWith(Answer newAnswer) {
    answer = newAnswer;
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
        // Closed, or a client that did not finish its handshake.
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
      answer.write(request, new Wire(socket, socket.getOutputStream()));
    } catch (IOException e) {
      // The client went away, as some tests have it do.
    } catch (Exception | AssertionError e) {
      defects.add(e);
    }
  }
}
