package io.graft.fetch;

import io.graft.runtime.InvalidOptionException;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Whether and from where files are fetched.
 *
 * @param offline true to use what is in the cache and never touch the network
 * @param mirror an address to fetch from in place of the publisher's. One whose path ends in the
 *     extension of the wanted file ({@code .pth}), or that has a query, is that of the file itself;
 *     any other is a folder's, to which the name of the file is appended. The digest stays that of
 *     the publisher. May hold {@code user:password@} for basic authentication.
 */
public record FetchOptions(boolean offline, Optional<URI> mirror) {

  /** The environment variable that does what {@code --offline} does. */
  public static final String OFFLINE_VARIABLE = "GRAFT_OFFLINE";

  /** The environment variable that does what {@code --weights-url} does. */
  public static final String MIRROR_VARIABLE = "GRAFT_WEIGHTS_URL";

  /** Checks that the mirror can be fetched from. */
  public FetchOptions {
    mirror.ifPresent(address -> requireWeb(address, address.toString(), "The mirror"));
  }

  /** Fetch from where files are published. */
  public static FetchOptions defaults() {
    return new FetchOptions(false, Optional.empty());
  }

  /**
   * What {@value #OFFLINE_VARIABLE} and {@value #MIRROR_VARIABLE} say.
   *
   * @throws InvalidOptionException if one of them has a value that means nothing
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

  /** The same with another {@link #offline}. */
  public FetchOptions withOffline(boolean newOffline) {
    return new FetchOptions(newOffline, mirror);
  }

  /** The same with a mirror. */
  public FetchOptions withMirror(URI address) {
    return new FetchOptions(offline, Optional.of(address));
  }

  /**
   * The same with a mirror that a person typed as text.
   *
   * @throws InvalidOptionException if it is not an http or https address
   */
  public FetchOptions withMirror(String address) {
    return withMirror(parse(address, "The address of the mirror"));
  }

  /** Where to fetch a file from. */
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
    URI address;
    try {
      address = URI.create(text);
    } catch (IllegalArgumentException e) {
      throw notAnAddress(text, origin, e);
    }
    requireWeb(address, text, origin);
    return address;
  }

  private static void requireWeb(URI address, String text, String origin) {
    if (!Addresses.isWeb(address) || address.getRawFragment() != null) {
      throw notAnAddress(text, origin, null);
    }
  }

  private static InvalidOptionException notAnAddress(String text, String origin, Throwable cause) {
    // A password may be in it.
    String shown = text.replaceFirst("//[^/]*@", "//");
    return new InvalidOptionException(
        origin
            + " is '"
            + shown
            + "': expected the address of a folder, such as https://mirror.example/weights/, or of"
            + " the file, with http:// or https:// and a host and without #.",
        cause,
        "weights-url");
  }

  private static boolean isOn(String value) {
    if (value == null) {
      return false;
    }
    return switch (value.strip().toLowerCase(Locale.ROOT)) {
      case "", "0", "false", "no", "off" -> false;
      case "1", "true", "yes", "on" -> true;
      default ->
          throw new InvalidOptionException(
              "The environment variable "
                  + OFFLINE_VARIABLE
                  + " is '"
                  + value
                  + "': expected 1 to stay off the network, or 0.");
    };
  }
}
