package io.graft.fetch;

import static io.graft.fetch.FetchFixture.ETAG;
import static io.graft.fetch.FetchFixture.NAME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.graft.fetch.FileDigest.Algorithm;
import io.graft.runtime.Progress;
import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetches over https. Only this test trusts the certificate for localhost and 127.0.0.1. */
class FetchTlsTest {

  private static final byte[] CONTENT = FetchFixture.content(50_000, 4);
  private static final int CUT = 20_000;
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir static Path keys;
  private static SSLContext tls;

  @TempDir Path folder;

  @BeforeAll
  static void makeCertificate() throws Exception {
    Path store = keys.resolve("localhost.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "localhost",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD),
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(store).exists();
    tls = context(store);
  }

  @Test
  void followsARedirectToAnotherHostOverHttps() throws IOException {
    try (FetchServer delivery = FetchServer.tls(tls, FetchResponses.file(CONTENT, ETAG));
        FetchServer publisher = FetchServer.tls(tls, FetchResponses.status("500 Unset"))) {
      publisher.respondWith(
          FetchResponses.redirect(delivery.address("localhost", "/signed?key=1")));
      URI address = URI.create("https://ada:pass%20word@127.0.0.1:" + publisher.port() + "/");
      FetchOptions options = FetchOptions.defaults().withMirror(address);
      PublishedFile file = FetchFixture.published(publisher.address("/" + NAME), CONTENT);
      assertThat(cache().fetch(file, options, Progress.NONE)).hasBinaryContent(CONTENT);
      assertThat(delivery.requests).hasSize(1);
      // printf 'ada:pass word' | base64
      assertThat(publisher.requests.get(0).header("authorization"))
          .isEqualTo("Basic YWRhOnBhc3Mgd29yZA==");
      assertThat(delivery.requests.get(0).headers()).doesNotContainKey("authorization");
    }
  }

  @Test
  void resumesThroughThePublisherAfterARedirect() throws IOException {
    Path part = folder.resolve(NAME + ".part");
    try (FetchServer delivery =
            FetchServer.tls(tls, FetchResponses.resetAt(CONTENT, ETAG, CUT, part));
        FetchServer publisher = FetchServer.tls(tls, FetchResponses.status("500 Unset"))) {
      // A publisher signs an address of its delivery network for each request.
      publisher.respondWith(
          (request, wire) -> {
            if (publisher.requests.size() > 1) {
              delivery.respondWith(FetchResponses.file(CONTENT, ETAG));
            }
            String signed = "/model?signature=" + publisher.requests.size();
            FetchResponses.redirect(delivery.address("localhost", signed)).write(request, wire);
          });
      assertThat(cache().fetch(ofUnknownSize(publisher), FetchOptions.defaults(), Progress.NONE))
          .hasBinaryContent(CONTENT);
      assertThat(delivery.requests)
          .extracting(FetchServer.Request::target, request -> request.header("range"))
          .containsExactly(
              tuple("/model?signature=1", null), tuple("/model?signature=2", "bytes=" + CUT + "-"));
    }
  }

  @Test
  void refusesAnotherFileFromARedirectedHost() throws IOException {
    byte[] other = FetchFixture.content(50_000, 5);
    try (FetchServer delivery = FetchServer.tls(tls, FetchResponses.file(other, ETAG));
        FetchServer publisher =
            FetchServer.tls(
                tls,
                FetchResponses.redirect(delivery.address("localhost", "/model?signature=1")))) {
      PublishedFile file = ofUnknownSize(publisher);
      assertThatThrownBy(() -> cache().fetch(file, FetchOptions.defaults(), Progress.NONE))
          .isInstanceOf(WeightsException.class)
          .hasMessageContainingAll(
              "https://localhost:" + delivery.port() + "/model?...",
              FetchFixture.sha256(other),
              "expected SHA-256 " + FetchFixture.sha256(CONTENT),
              "It was deleted");
      assertThat(FetchFixture.names(folder)).containsExactly(NAME + ".lock");
    }
  }

  @Test
  void refusesARedirectFromHttpsToHttp() throws IOException {
    try (FetchServer plain = FetchServer.plain(FetchResponses.file(CONTENT, ETAG));
        FetchServer publisher =
            FetchServer.tls(tls, FetchResponses.redirect(plain.address("/" + NAME)))) {
      assertThatThrownBy(() -> fetch(cache(), publisher))
          .isInstanceOf(WeightsException.class)
          .hasMessageContainingAll(
              "redirect 302 to http://127.0.0.1", "from https to http is not followed");
      assertThat(plain.requests).isEmpty();
    }
  }

  @Test
  void refusesAnUntrustedCertificate() throws IOException {
    try (FetchServer publisher = FetchServer.tls(tls, FetchResponses.file(CONTENT, ETAG))) {
      assertThatThrownBy(() -> fetch(new WeightCache(folder, FetchFixture.quick()), publisher))
          .isInstanceOf(WeightsException.class)
          .hasMessageContainingAll(
              "TLS with https://127.0.0.1",
              "failed",
              "expected a certificate for 127.0.0.1",
              "javax.net.ssl.trustStore")
          .hasMessageNotContaining("attempts");
      assertThat(publisher.requests).isEmpty();
    }
  }

  @Test
  void serverWithoutTlsIsReported() throws IOException {
    try (FetchServer plain = FetchServer.plain(FetchResponses.file(CONTENT, ETAG))) {
      URI address = URI.create("https://127.0.0.1:" + plain.port() + "/" + NAME);
      PublishedFile file = FetchFixture.published(address, CONTENT);
      assertThatThrownBy(() -> cache().fetch(file, FetchOptions.defaults(), Progress.NONE))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("TLS with https://127.0.0.1");
    }
  }

  private static PublishedFile ofUnknownSize(FetchServer publisher) {
    return new PublishedFile(
        publisher.address("/" + NAME),
        NAME,
        OptionalLong.empty(),
        new FileDigest(Algorithm.SHA256, FetchFixture.sha256(CONTENT)));
  }

  private WeightCache cache() {
    return new WeightCache(folder, FetchFixture.withTls(FetchFixture.quick(), tls));
  }

  private static Path fetch(WeightCache cache, FetchServer publisher) {
    PublishedFile file = FetchFixture.published(publisher.address("/" + NAME), CONTENT);
    return cache.fetch(file, FetchOptions.defaults(), Progress.NONE);
  }

  private static SSLContext context(Path store) throws IOException, GeneralSecurityException {
    KeyStore keyStore = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keyStore.load(in, PASSWORD);
    }
    KeyManagerFactory keyManagers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keyManagers.init(keyStore, PASSWORD);
    TrustManagerFactory trustManagers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trustManagers.init(keyStore);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    return context;
  }
}
