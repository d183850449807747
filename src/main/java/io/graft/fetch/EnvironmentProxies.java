package io.graft.fetch;

import io.graft.runtime.InvalidOptionException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The proxies that environment variables name. They are read like curl reads them: {@code
 * https_proxy} or {@code http_proxy}, then {@code all_proxy}, and {@code no_proxy}. Names in lower
 * case come before names in upper case. If no variable names a proxy, Java's own settings apply
 * ({@code -Dhttps.proxyHost}).
 */
final class EnvironmentProxies extends ProxySelector {

  /**
   * A proxy for plain HTTP requests, and for https through CONNECT.
   *
   * @param host the name of the proxy's host
   * @param port the port of the proxy
   * @param user the {@code user:password} of the variable, percent-encoded; empty if there is none
   */
  record Server(String host, int port, String user) {
    /** Returns the value of {@code Proxy-Authorization} (RFC 7617), if the proxy has a user. */
    Optional<String> authorization() {
      return user.isEmpty() ? Optional.empty() : Optional.of(basic(user));
    }

    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  private final UnaryOperator<String> environment;

  EnvironmentProxies(UnaryOperator<String> environment) {
    this.environment = environment;
  }

  /**
   * Returns the proxy that a variable names for an address.
   *
   * @throws InvalidOptionException if the variable does not hold the address of a proxy
   */
  Optional<Server> serverFor(URI address) {
    if (isExempt(address)) {
      return Optional.empty();
    }
    for (String name : List.of(Addresses.scheme(address) + "_proxy", "all_proxy")) {
      String value = variable(name);
      if (value != null) {
        return Optional.of(parse(name, value));
      }
    }
    return Optional.empty();
  }

  @Override
  public List<Proxy> select(URI address) {
    Optional<Server> server = serverFor(address);
    if (server.isPresent()) {
      InetSocketAddress at =
          InetSocketAddress.createUnresolved(server.get().host(), server.get().port());
      return List.of(new Proxy(Proxy.Type.HTTP, at));
    }
    ProxySelector java = ProxySelector.getDefault();
    return isExempt(address) || java == null ? List.of(Proxy.NO_PROXY) : java.select(address);
  }

  @Override
  public void connectFailed(URI address, SocketAddress proxy, IOException failure) {
    // There is no second proxy to try. The caller reports the failure.
  }

  /** Returns the header's value for basic authentication with a percent-encoded user:password. */
  static String basic(String rawUser) {
    // URLDecoder would turn a plus sign into a space, but in the user part it is literal.
    String user = URI.create("http://" + rawUser + "@host/").getUserInfo();
    return "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
  }

  private boolean isExempt(URI address) {
    String exempt = variable("no_proxy");
    if (exempt == null) {
      return false;
    }
    String host = withoutBrackets(address.getHost().toLowerCase(Locale.ROOT));
    for (String entry : exempt.toLowerCase(Locale.ROOT).split("[,\\s]+", -1)) {
      if (entry.equals("*") || exempts(entry, host, Addresses.port(address))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns whether an entry of {@code no_proxy} names a host. An entry is {@code domain}, {@code
   * .domain}, {@code *.domain} or {@code host:port}.
   */
  private static boolean exempts(String entry, String host, int port) {
    String name = entry.startsWith("*.") ? entry.substring(1) : entry;
    int colon = name.lastIndexOf(':');
    // More than one colon outside of brackets is an IPv6 address without a port.
    boolean hasPort =
        colon >= 0
            && (name.charAt(0) == '[' ? name.indexOf(']') < colon : name.indexOf(':') == colon);
    if (hasPort) {
      if (!name.substring(colon + 1).equals(Integer.toString(port))) {
        return false;
      }
      name = name.substring(0, colon);
    }
    name = withoutBrackets(name.startsWith(".") ? name.substring(1) : name);
    return !name.isEmpty() && (host.equals(name) || host.endsWith("." + name));
  }

  private static String withoutBrackets(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  private String variable(String lowerCaseName) {
    String value = environment.apply(lowerCaseName);
    if (value == null || value.isBlank()) {
      value = environment.apply(lowerCaseName.toUpperCase(Locale.ROOT));
    }
    return value == null || value.isBlank() ? null : value.strip();
  }

  private static Server parse(String variable, String value) {
    IllegalArgumentException cause = null;
    try {
      URI proxy = URI.create(value.contains("://") ? value : "http://" + value);
      if (proxy.getHost() != null && Addresses.scheme(proxy).equals("http")) {
        String user = proxy.getRawUserInfo() == null ? "" : proxy.getRawUserInfo();
        return new Server(proxy.getHost(), Addresses.port(proxy), user);
      }
    } catch (IllegalArgumentException e) {
      cause = e;
    }
    throw new InvalidOptionException(
        ("The environment variable %s is '%s': expected http://HOST:PORT or"
                + " http://USER:PASSWORD@HOST:PORT, with special characters in the password"
                + " percent-encoded. Proxies that speak SOCKS or TLS are not supported.")
            .formatted(variable, value.replaceFirst("[^/]*@", "")),
        cause);
  }
}
