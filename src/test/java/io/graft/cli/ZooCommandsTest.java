package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpServer;
import io.graft.testing.JavaProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code zoo list}, {@code fetch} and {@code verify} with a temporary cache folder and mirror. */
@Timeout(120)
class ZooCommandsTest {

  private static final String NAME = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5";

  /** The digest that Keras publishes. */
  private static final String PUBLISHED_MD5 = "6d6bbae143d832006294945121d1f1fc";

  private static final int PUBLISHED_BYTES = 58_889_256;

  @TempDir Path root;

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private Path cached;

  @BeforeEach
  void serve() throws IOException {
    cached = root.resolve("home").resolve("weights").resolve(NAME);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          requests.add(path);
          // Zeros of the published length if it is known: a complete file with a wrong digest.
          int bytes = path.equals("/" + NAME) ? PUBLISHED_BYTES : 1000;
          exchange.sendResponseHeaders(200, bytes);
          exchange.getResponseBody().write(new byte[bytes]);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private String mirror() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  /** Runs the program in a new process, with the temporary cache folder and without a proxy. */
  private Cli graft(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(Main.class.getName()));
    command.addAll(List.of(words));
    JavaProcess.Result result =
        JavaProcess.run(
            root,
            Map.of(
                "GRAFT_HOME",
                root.resolve("home").toString(),
                "GRAFT_OFFLINE",
                "0",
                "GRAFT_WEIGHTS_URL",
                "",
                "no_proxy",
                "*"),
            root,
            command.toArray(String[]::new));
    return new Cli(result.exitCode(), result.out(), result.err());
  }

  @Test
  void fileWithAWrongDigestIsRefusedWithBothDigests() throws Exception {
    graft("zoo", "fetch", "vgg16.keras_notop", "--weights-url", mirror())
        .failsWith(
            4,
            NAME,
            "MD5 " + PUBLISHED_MD5,
            // md5sum of 58889256 zero bytes
            "MD5 46b9bf18d47ca5bbd3c9f0bf740afce3",
            cached.toString());
    assertThat(cached).doesNotExist();
    assertThat(requests).isNotEmpty().containsOnly("/" + NAME);
  }

  @Test
  void fileOfUnknownSizeIsCheckedByItsDigest() throws Exception {
    graft("zoo", "fetch", "vgg16.tv_in1k", "--weights-url", mirror())
        .failsWith(
            4,
            // python3 -c 'import hashlib; print(hashlib.sha256(bytes(1000)).hexdigest())'
            "1000 bytes and SHA-256 541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53",
            "SHA-256 57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8",
            "https://huggingface.co/timm/vgg16.tv_in1k/resolve/",
            cached.resolveSibling("vgg16.tv_in1k.safetensors").toString());
    assertThat(requests).containsExactly("/vgg16.tv_in1k.safetensors");
  }

  @Test
  void offlineReportsTheMissingFileAndItsPath() throws Exception {
    graft("zoo", "fetch", "vgg16.keras_notop", "--offline", "--weights-url", mirror())
        .failsWith(
            4,
            NAME + " is not in the cache",
            cached.toString(),
            PUBLISHED_BYTES + " bytes",
            "MD5 " + PUBLISHED_MD5,
            "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/" + NAME,
            "--offline");
    assertThat(requests).isEmpty();
  }

  @Test
  void invalidNamesAndAddressesAreUsageErrors() throws Exception {
    graft("zoo", "fetch", "vgg61", "--offline").failsWith(2, "No backbone 'vgg61'; did you mean");
    graft("zoo", "fetch", "vgg16", "--weights-url", "ftp://127.0.0.1/")
        .failsWith(
            2, "The address of the mirror is 'ftp://127.0.0.1/'", "http://", "--weights-url");
    assertThat(requests).isEmpty();
  }

  @Test
  void listAndVerifyReportTheFilesInTheCacheFolder() throws Exception {
    assertThat(states(graft("zoo", "verify", "--json").json())).containsOnly("missing");
    Files.createDirectories(cached.getParent());
    Files.writeString(cached, "half a file", StandardCharsets.UTF_8);

    JsonObject list = graft("zoo", "list", "--json").json();
    for (JsonElement element : list.getAsJsonArray("backbones")) {
      JsonObject row = element.getAsJsonObject();
      boolean isNotop = row.get("name").getAsString().equals("vgg16.keras_notop");
      boolean isInGraft = row.get("name").getAsString().equals("vgg16_bn_small");
      assertThat(row.get("here").getAsBoolean()).isEqualTo(isNotop || isInGraft);
      if (isNotop) {
        assertThat(row.get("path").getAsString()).isEqualTo(cached.toString());
        assertThat(row.get("size_bytes").getAsLong()).isEqualTo(PUBLISHED_BYTES);
        assertThat(row.get("digest").getAsString()).isEqualTo("MD5 " + PUBLISHED_MD5);
      }
    }
    assertThat(graft("zoo", "list").out()).containsPattern("vgg16\\.keras_notop .* yes ");

    Cli verify = graft("zoo", "verify");
    assertThat(verify.exitCode()).isEqualTo(4);
    assertThat(verify.out()).containsPattern("vgg16\\.keras_notop +damaged");
    assertThat(verify.err()).contains(cached.toString(), PUBLISHED_MD5);
    assertThat(cached).as("verify does not remove it").hasContent("half a file");
  }

  private static List<String> states(JsonObject json) {
    return json.getAsJsonArray("weights").asList().stream()
        .map(row -> row.getAsJsonObject().get("state").getAsString())
        .toList();
  }
}
