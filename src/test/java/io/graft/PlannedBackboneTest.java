package io.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.sun.net.httpserver.HttpServer;
import io.graft.data.ImageFolder;
import io.graft.data.OnBadImage;
import io.graft.features.FeatureCache;
import io.graft.fetch.FetchOptions;
import io.graft.fetch.FileDigest;
import io.graft.fetch.PublishedFile;
import io.graft.fetch.WeightCache;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.Vgg;
import io.graft.runtime.Sha256;
import io.graft.runtime.StoppedException;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import io.graft.testing.FormulaWeights;
import io.graft.testing.TinyPictures;
import io.graft.weights.WeightLayout;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.WeightOrigin;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Learners that reuse their frozen layers, or stop while they choose a plan. */
class PlannedBackboneTest {

  private static final int SIZE = 32;

  @TempDir Path root;

  private Path images;

  @BeforeEach
  void draw() throws IOException {
    images = root.resolve("images");
    TinyPictures.draw(images, 2, 1, "rose", "tulip");
  }

  private LearnerOptions learning(WeightChoice weights) {
    return LearnerOptions.defaults()
        .withWeights(weights)
        .withDevice(Device.cpu())
        .withCache(FeatureCache.at(root.resolve("features")));
  }

  private void extract(TransferLearner learner, FitListener listener) {
    learner
        .extract(
            ImageFolder.open(images),
            "block5_pool",
            TensorType.F16,
            root.resolve("out.safetensors"),
            OnBadImage.FAIL,
            listener)
        .close();
  }

  private static final class Counting implements FitListener {
    private long bytes;

    @Override
    public void advanced(Phase phase, long done, long total) {
      bytes = phase == Phase.FETCH ? done : bytes;
    }
  }

  /**
   * The first call only reads the digest of the frozen layers. The second call loads the layers.
   */
  @Test
  void loadingReportsToTheCurrentListener() throws IOException {
    Network whole = Vgg.network("vgg11", new Vgg.Dimensions(SIZE, 2, 4, 2));
    Network network = whole.prefix(whole.indexAfter("block5_pool"));
    byte[] content = Files.readAllBytes(write(root.resolve("weights.safetensors"), network));
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content);
          exchange.close();
        });
    server.start();
    String name = "reported-" + System.nanoTime() + ".safetensors";
    PublishedFile published =
        new PublishedFile(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + name),
            name,
            OptionalLong.of(content.length),
            new FileDigest(FileDigest.Algorithm.SHA256, Sha256.of(content)));
    BackboneSpec backbone =
        new BackboneSpec(
            "reported",
            network,
            InputSpec.centred(SIZE),
            WeightLayout.TORCHVISION,
            new WeightOrigin.Published(published),
            "none",
            OptionalDouble.empty());
    LearnerOptions options =
        learning(new WeightChoice.Pretrained(FetchOptions.defaults()))
            .withPrecision(Precision.FP32);
    Path cached = new WeightCache().path(published);
    Counting first = new Counting();
    Counting second = new Counting();
    try {
      try (TransferLearner before = TransferLearner.of(backbone, options)) {
        extract(before, FitListener.NONE);
      }
      try (TransferLearner learner = TransferLearner.of(backbone, options)) {
        extract(learner, first);
        assertThat(first.bytes).isZero();
        Files.delete(cached);
        TinyPictures.draw(images, 1, 2, "violet");
        extract(learner, second);
      }
      assertThat(second.bytes).isEqualTo(content.length);
      assertThat(first.bytes).isZero();
    } finally {
      server.stop(0);
      Files.deleteIfExists(cached);
      Files.deleteIfExists(cached.resolveSibling(name + ".verified"));
      Files.deleteIfExists(cached.resolveSibling(name + ".lock"));
    }
  }

  @Test
  void listenerCanStopTheChoiceOfAPlan() {
    FitListener stopping =
        new FitListener() {
          @Override
          public boolean stopRequested() {
            return true;
          }
        };
    try (TransferLearner learner =
        TransferLearner.of("vgg11.w0.0625.s32", learning(new WeightChoice.Random(1)))) {
      assertThatThrownBy(() -> extract(learner, stopping)).isInstanceOf(StoppedException.class);
      assertThat(root.resolve("out.safetensors")).doesNotExist();
      extract(learner, FitListener.NONE);
      assertThat(root.resolve("out.safetensors")).exists();
    }
  }

  private static Path write(Path file, Network network) throws IOException {
    Map<TensorInfo, ByteBuffer> tensors = new LinkedHashMap<>();
    try (TensorSource formula = new FormulaWeights(network, 3)) {
      for (TensorInfo info : formula.tensors().values()) {
        tensors.put(info, formula.readFloat32(info.name()));
      }
    }
    SafetensorsWriter.write(file, Map.of(), tensors);
    return file;
  }
}
