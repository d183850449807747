package io.graft.fetch;

import io.graft.runtime.InvalidOptionException;
import java.net.URI;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Whether and from where to fetch files.
 *
 * @param offline whether to use only files in the cache and never the network
 * @param mirror the address to fetch from instead of the publisher's. If its path has the extension
 *     of the file ({@code .pth}), or if it has a query, it is the address of the file. Otherwise it
 *     is the address of a folder with the file in it. The address may hold {@code user:password@}
 *     for basic authentication. The file must have the digest that the publisher states.
 */
public record FetchOptions(boolean offline, Optional<URI> mirror) {

  /** The environment variable for {@link #offline}. */
  public static final String OFFLINE_VARIABLE = "GRAFT_OFFLINE";

  /** The environment variable for {@link #mirror}. */
  public static final String MIRROR_VARIABLE = "GRAFT_WEIGHTS_URL";

  /** Checks that the mirror is a web address. */
  public FetchOptions {
    mirror.ifPresent(address -> parse(address.toString(), "The mirror"));
  }

  /** Returns options that fetch from the publishers. */
  public static FetchOptions defaults() {
    return new FetchOptions(false, Optional.empty());
  }

  /**
   * Returns the options that {@value #OFFLINE_VARIABLE} and {@value #MIRROR_VARIABLE} set.
   *
   * @throws InvalidOptionException if a variable has an invalid value
   */
  public static FetchOptions fromEnvironment() {
    return fromEnvironment(System::getenv);
  }

  static FetchOptions fromEnvironment(UnaryOperator<String> environment) {
    FetchOptions options = defaults().withOffline(isOn(environment.apply(OFFLINE_VARIABLE)));
    String mirror = environment.apply(MIRROR_VARIABLE);
    return mirror == null || mirror.isBlank()
        ? options
        : options.withMirror(parse(mirror.strip(), "The environment variable " + MIRROR_VARIABLE));
  }

  /** Returns a copy with another {@link #offline}. */
  public FetchOptions withOffline(boolean newOffline) {
    return new FetchOptions(newOffline, mirror);
  }

  /** Returns a copy with a mirror. */
  public FetchOptions withMirror(URI address) {
    return new FetchOptions(offline, Optional.of(address));
  }

  /**
   * Returns a copy with a mirror whose address a person typed.
   *
   * @throws InvalidOptionException if the text is not an http or https address
   */
  public FetchOptions withMirror(String address) {
    return withMirror(parse(address, "The address of the mirror"));
  }

  /** Returns the address to fetch a file from. */
  URI sourceOf(PublishedFile file) {
    if (mirror.isEmpty()) {
      return file.address();
    }
    URI address = mirror.get();
    String path = address.getRawPath() == null ? "" : address.getRawPath();
    String name = file.fileName();
    String extension = name.substring(Math.max(0, name.lastIndexOf('.')));
    if (address.getRawQuery() != null || path.endsWith(extension)) {
      return address;
    }
    String folder = address.toString();
    return URI.create(folder + (folder.endsWith("/") ? "" : "/") + name);
  }

  private static URI parse(String text, String origin) {
    IllegalArgumentException cause = null;
    try {
      URI address = URI.create(text);
      if (Addresses.isWeb(address) && address.getRawFragment() == null) {
        return address;
      }
    } catch (IllegalArgumentException e) {
      cause = e;
    }
    throw new InvalidOptionException(
        ("%s is '%s': expected the address of a folder, such as https://mirror.example/weights/, or"
                + " of the file, with http:// or https:// and a host and without #.")
            .formatted(origin, withoutPassword(text)),
        cause,
        "weights-url");
  }

  private static String withoutPassword(String address) {
    return address.replaceFirst("//[^/]*@", "//");
  }

  /** Returns the options as text, without the mirror's password. */
  @Override
  public String toString() {
    String from = mirror.map(address -> withoutPassword(address.toString())).orElse("publishers");
    return offline ? "offline" : "from " + from;
  }

  private static boolean isOn(String value) {
    return switch (Objects.requireNonNullElse(value, "").strip().toLowerCase(Locale.ROOT)) {
      case "", "0", "false", "no", "off" -> false;
      case "1", "true", "yes", "on" -> true;
      default ->
          throw new InvalidOptionException(
              "The environment variable %s is '%s': expected 1 to stay off the network, or 0."
                  .formatted(OFFLINE_VARIABLE, value));
    };
  }
}
