package io.graft.fit;

import ai.djl.Device;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.data.DataListing;
import io.graft.features.Extraction;
import io.graft.image.Decode;
import io.graft.image.codec.ImageDecoder;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Precision;
import io.graft.recipe.FitOptions;
import io.graft.recipe.OptionsJson;
import io.graft.runtime.TorchThreads;
import io.graft.runtime.Versions;
import io.graft.train.Fingerprint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Computes the fingerprint of a fit in three parts, because each becomes known at another time. */
final class TrainingFingerprint {

  private static final String PRECISION = "precision";
  private static final String DECODE = "decode";

  private TrainingFingerprint() {}

  /** Returns the part that is known before weights are read. */
  static Fingerprint asked(PlannedBackbone backbone, FitTask task) {
    FitOptions options = task.options();
    Map<String, String> chosen = new LinkedHashMap<>();
    OptionsJson.of(options).asMap().forEach((name, value) -> chosen.put(name, value.toString()));
    // Keep the names and texts of the first checkpoints, so that those can still be resumed.
    chosen.put("head", options.head().name());
    HiddenLayers hidden = options.hidden();
    chosen.put(
        "hidden",
        "HiddenLayers[units=%s, activation=%s, dropout=%s]"
            .formatted(hidden.units(), hidden.activation().name(), hidden.dropout()));
    chosen.put("on_bad_image", options.onBadImage().word().toUpperCase(Locale.ROOT));
    if (options.onBadImage().maxPixels() != ImageDecoder.MAX_PIXELS) {
      chosen.put("max_pixels", Long.toString(options.onBadImage().maxPixels()));
    }
    chosen.put("learning_rate_search", Boolean.toString(options.searchesRate()));
    chosen.put("dtype", task.rowType().name());
    if (backbone.decode() != Decode.AUTO) {
      chosen.put(DECODE, backbone.decode().word());
    }
    chosen.put("graft", Versions.graft());
    chosen.put("libtorch", Versions.libtorch());
    return new Fingerprint(
        chosen,
        Map.of(
            "training data", DataListing.sha256(task.images()),
            "validation data", task.validation().map(DataListing::sha256).orElse("none")),
        Map.of("backbone", backbone.spec().name(), "input", backbone.spec().input().canonical()),
        Map.of());
  }

  /**
   * Returns the part that is known from the weights and the machine, before the frozen layers run.
   *
   * @param frozen the frozen layers of each stage
   * @param initial the digest of the initial parameters of the trained layers
   */
  static Fingerprint weights(PlannedBackbone backbone, List<FrozenLayers> frozen, String initial) {
    String devices =
        backbone.devices().stream().map(TrainingFingerprint::text).collect(Collectors.joining(","));
    return new Fingerprint(
        backbone
            .precision()
            .map(asked -> Map.of(PRECISION, each(frozen, layers -> word(layers, asked))))
            .orElse(Map.of()),
        Map.of(),
        Map.of(
            "frozen layers",
            each(frozen, FrozenLayers::weightDigest),
            "initial parameters",
            initial),
        Map.of("device", devices, "threads of libtorch", Integer.toString(TorchThreads.count())));
  }

  /** Returns the part that is known after the frozen layers have run. */
  static Fingerprint rows(List<StageRows> stages) {
    return new Fingerprint(
        Map.of(
            PRECISION,
            each(stages, rows -> plan(rows).precision().word()),
            DECODE,
            each(stages, rows -> rows.frozen().layers().input().decode().word())),
        Map.of(
            "training rows", each(stages, rows -> rows(rows.train())),
            "validation rows",
                each(
                    stages,
                    rows -> rows.validation().map(TrainingFingerprint::rows).orElse("none"))),
        Map.of("arithmetic", each(stages, rows -> plan(rows).canonical())),
        Map.of());
  }

  /** Returns the precision that was asked for, or fp32 if there are no frozen layers. */
  private static String word(FrozenLayers layers, Precision asked) {
    return (layers.network().layers().isEmpty() ? Precision.FP32 : asked).word();
  }

  private static String text(Device device) {
    return device.getDeviceType() + "(" + (device.isGpu() ? device.getDeviceId() : "") + ")";
  }

  private static Plan plan(StageRows rows) {
    return rows.frozen().layers().plan();
  }

  private static String rows(Extraction extraction) {
    return Integer.toString(extraction.store().rows());
  }

  private static <T> String each(List<T> stages, Function<T, String> text) {
    return stages.stream().map(text).distinct().collect(Collectors.joining(", "));
  }
}
