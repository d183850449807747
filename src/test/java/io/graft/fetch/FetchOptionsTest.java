package io.graft.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.fetch.FetchSettings.RetryPolicy;
import io.graft.fetch.FileDigest.Algorithm;
import io.graft.runtime.InvalidOptionException;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FetchOptionsTest {

  private static final PublishedFile FILE =
      new PublishedFile(
          URI.create("https://publisher.example/models/vgg16-397923af.pth"),
          "vgg16-397923af.pth",
          OptionalLong.of(553_433_881),
          new FileDigest(Algorithm.SHA256_PREFIX, "397923af"));

  private final Map<String, String> environment = new HashMap<>();

  @ParameterizedTest
  @CsvSource({
    "https://m.example, https://m.example/vgg16-397923af.pth",
    "https://m.example/, https://m.example/vgg16-397923af.pth",
    "http://m.example:8081/a/b, http://m.example:8081/a/b/vgg16-397923af.pth",
    "https://m.example/v1.0, https://m.example/v1.0/vgg16-397923af.pth",
    "https://m.example/renamed.pth, https://m.example/renamed.pth",
    "https://m.example/get?id=7, https://m.example/get?id=7",
    "https://ada:pw@m.example/w/, https://ada:pw@m.example/w/vgg16-397923af.pth",
  })
  void mirrorMayBeAFolderOrTheFile(String mirror, String source) {
    assertThat(FetchOptions.defaults().withMirror(mirror).sourceOf(FILE))
        .isEqualTo(URI.create(source));
    environment.put("GRAFT_WEIGHTS_URL", " " + mirror + " ");
    assertThat(fromEnvironment().sourceOf(FILE)).isEqualTo(URI.create(source));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "m.example/w", "ftp://m.example/w/", "file:///w/", "https:///w", "h ttp://x"})
  void mirrorWithoutWebAddressIsRefused(String mirror) {
    assertThatThrownBy(() -> FetchOptions.defaults().withMirror(mirror))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContainingAll(
            "The address of the mirror is '" + mirror + "'", "https://mirror.example");
  }

  @Test
  void refusedMirrorDoesNotShowItsPassword() {
    environment.put("GRAFT_WEIGHTS_URL", "ftp://ada:secret@m.example/");
    assertThatThrownBy(this::fromEnvironment)
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContainingAll("GRAFT_WEIGHTS_URL", "ftp://m.example/")
        .hasMessageNotContaining("secret");
  }

  @Test
  void environmentSetsOfflineMode() {
    assertThat(fromEnvironment()).isEqualTo(FetchOptions.defaults());
    for (String on : new String[] {"1", "true", "YES"}) {
      environment.put("GRAFT_OFFLINE", on);
      assertThat(fromEnvironment().offline()).as(on).isTrue();
    }
    for (String off : new String[] {"0", "false", ""}) {
      environment.put("GRAFT_OFFLINE", off);
      assertThat(fromEnvironment().offline()).as(off).isFalse();
    }
    environment.put("GRAFT_OFFLINE", "maybe");
    assertThatThrownBy(this::fromEnvironment)
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContainingAll("GRAFT_OFFLINE", "maybe", "expected 1");
  }

  @ParameterizedTest
  @CsvSource({
    "https://download.example/x, lower.example:8080",
    "http://download.example/x, upper.example:80",
    "https://intranet.example/x,",
    "https://a.intranet.example/x,",
    "https://notintranet.example/x, lower.example:8080",
    "https://suffix.example.org/x,",
    "https://example.org/x,",
    "https://ports.example:8443/x,",
    "https://ports.example/x, lower.example:8080",
    "http://127.0.0.1:9/x,",
    "http://[::1]:9/x,",
    "http://[::2]:9/x, upper.example:80",
  })
  void environmentSetsProxiesAndExceptions(URI address, String proxy) {
    environment.put("https_proxy", "lower.example:8080");
    environment.put("HTTPS_PROXY", "http://ignored.example:1");
    environment.put("HTTP_PROXY", "http://upper.example");
    environment.put("NO_PROXY", "intranet.example, .example.org,,ports.example:8443,127.0.0.1,::1");
    assertThat(proxies().serverFor(address).map(Object::toString))
        .isEqualTo(Optional.ofNullable(proxy));
  }

  @Test
  void allProxyMayHaveAUserAndNoProxyDisablesIt() {
    environment.put("all_proxy", "http://ada:p%40s+s@proxy.example:3128/");
    EnvironmentProxies.Server proxy = proxies().serverFor(FILE.address()).orElseThrow();
    // printf 'ada:p@s+s' | base64
    assertThat(proxy.authorization()).contains("Basic YWRhOnBAcytz");
    assertThat(proxy).hasToString("proxy.example:3128");
    environment.put("no_proxy", "*");
    assertThat(proxies().serverFor(FILE.address())).isEmpty();
    assertThat(proxies().select(FILE.address())).containsExactly(Proxy.NO_PROXY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"socks5://ada:secret@p.example:1080", "https://p.example", "http://", "a b"})
  void unsupportedProxyIsRefused(String value) {
    environment.put("https_proxy", value);
    assertThatThrownBy(() -> proxies().serverFor(FILE.address()))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContainingAll("https_proxy", "expected http://HOST:PORT")
        .hasMessageNotContaining("secret");
  }

  @Test
  void pausesDoubleUpToALimitWithRandomJitter() {
    RetryPolicy policy = new RetryPolicy(9, Duration.ofSeconds(1), Duration.ofSeconds(20), 1 << 20);
    assertThat(policy.pause(1, Duration.ZERO, 0)).isEqualTo(Duration.ofMillis(500));
    assertThat(policy.pause(1, Duration.ZERO, 1)).isEqualTo(Duration.ofSeconds(1));
    assertThat(policy.pause(4, Duration.ZERO, 0.5)).isEqualTo(Duration.ofSeconds(6));
    assertThat(policy.pause(60, Duration.ZERO, 1)).isEqualTo(Duration.ofSeconds(20));
    assertThat(policy.pause(1, Duration.ofSeconds(7), 0.5)).isEqualTo(Duration.ofSeconds(7));
    assertThat(policy.pause(1, Duration.ofHours(1), 0.5)).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void publishedFileNeedsASimpleNameAWebAddressAndADigest() {
    assertThat(FILE.facts()).isEqualTo("553433881 bytes, SHA-256 397923af...");
    for (String name : new String[] {"", "..", "../x.pth", "a/b", "a\\b", ".hidden", "a b"}) {
      assertThatThrownBy(
              () -> new PublishedFile(FILE.address(), name, FILE.sizeBytes(), FILE.digest()))
          .as(name)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(
            () ->
                new PublishedFile(
                    URI.create("file:///x.pth"), "x.pth", FILE.sizeBytes(), FILE.digest()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new FileDigest(Algorithm.SHA256, "397923af"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new FileDigest(Algorithm.SHA256_PREFIX, "397923a"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new FileDigest(Algorithm.MD5, "64373286793e3c8b2b4e3219cbf3544g"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(new FileDigest(Algorithm.MD5, "64373286793E3C8B2B4E3219CBF3544B"))
        .hasToString("MD5 64373286793e3c8b2b4e3219cbf3544b");
  }

  @Test
  void textDoesNotShowThePassword() {
    FetchOptions options = FetchOptions.defaults().withMirror("https://ada:secret@m.example/w/");
    assertThat(options).hasToString("from https://m.example/w/");
    assertThat(options.withOffline(true)).hasToString("offline");
    assertThat(FetchOptions.defaults()).hasToString("from publishers");
  }

  private FetchOptions fromEnvironment() {
    return FetchOptions.fromEnvironment(environment::get);
  }

  private EnvironmentProxies proxies() {
    return new EnvironmentProxies(environment::get);
  }
}
