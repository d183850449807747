package io.graft;

import ai.djl.Device;
import com.google.gson.JsonObject;
import io.graft.backbone.FrozenPrefix;
import io.graft.data.DataListing;
import io.graft.data.LabeledImages;
import io.graft.features.Extraction;
import io.graft.nn.TorchScriptModule;
import io.graft.runtime.Versions;
import io.graft.train.Fingerprint;
import io.graft.train.FitOptions;
import io.graft.train.OptionsJson;
import io.graft.zoo.BackboneSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What makes a fit this one and no other. */
final class TrainingFingerprint {

  private TrainingFingerprint() {}

  /**
   * The fingerprint of a fit.
   *
   * @param initial the digest of the parameters that the trained layers begin with
   */
  static Fingerprint of(
      BackboneSpec backbone,
      LearnerOptions learner,
      FitOptions options,
      LabeledImages images,
      Optional<LabeledImages> validation,
      List<StageRows> stages,
      String initial) {
    Map<String, String> chosen = new LinkedHashMap<>();
    JsonObject json = OptionsJson.of(options);
    json.asMap().forEach((name, value) -> chosen.put(name, value.toString()));
    chosen.put("head", options.head().toString());
    chosen.put("hidden", options.hidden().toString());
    chosen.put("on_bad_image", options.onBadImage().toString());
    chosen.put("calibrate", Boolean.toString(options.calibrate()));
    chosen.put("learning_rate_search", Boolean.toString(options.descent().rateSearch()));
    chosen.put("fit_thresholds", Boolean.toString(options.fitThresholds()));
    chosen.put("dtype", learner.rowType().toString());
    chosen.put("precision", each(stages, rows -> prefix(rows).plan().precision().word()));
    chosen.put("graft", Versions.graft());
    chosen.put("libtorch", Versions.libtorch());

    Map<String, String> data = new LinkedHashMap<>();
    data.put("training data", DataListing.sha256(images));
    data.put("validation data", validation.map(DataListing::sha256).orElse("none"));
    data.put("training rows", each(stages, rows -> rows(rows.train())));
    data.put(
        "validation rows",
        each(stages, rows -> rows.validation().map(TrainingFingerprint::rows).orElse("none")));

    Map<String, String> weights = new LinkedHashMap<>();
    weights.put("backbone", backbone.name());
    weights.put("input", backbone.input().canonical());
    weights.put("frozen layers", each(stages, rows -> prefix(rows).weightDigest()));
    weights.put("arithmetic", each(stages, rows -> prefix(rows).plan().arithmetic()));
    weights.put("initial parameters", initial);

    Map<String, String> machine = new LinkedHashMap<>();
    machine.put(
        "device",
        learner.devices().stream().map(Device::toString).collect(Collectors.joining(",")));
    machine.put("threads of libtorch", Integer.toString(TorchScriptModule.threads()));
    return new Fingerprint(chosen, data, weights, machine);
  }

  private static FrozenPrefix prefix(StageRows rows) {
    return rows.frozen().prefix();
  }

  private static String rows(Extraction extraction) {
    return Integer.toString(extraction.store().rows());
  }

  private static String each(List<StageRows> stages, Function<StageRows, String> text) {
    return stages.stream().map(text).distinct().collect(Collectors.joining(", "));
  }
}
