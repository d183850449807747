package io.graft.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.backbone.PlanChooser;
import io.graft.backbone.PlanTimings;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.report.Console;
import io.graft.cuda.Kernels;
import io.graft.image.codec.ImageDecoder;
import io.graft.image.input.InputImages;
import io.graft.runtime.Doctor;
import io.graft.runtime.Doctor.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Reports what Graft finds on this machine. */
@Command(
    name = "doctor",
    customSynopsis = "${COMMAND-FULL-NAME} [OPTION...]",
    footer = {"", "Example:", "  ${ROOT-COMMAND-NAME} doctor"},
    description =
        "Report what Graft finds and uses on this machine, what is missing, and what to do.")
final class DoctorCommand implements Callable<Integer> {

  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    Console console = common.console();
    List<Finding> findings = new ArrayList<>(Doctor.examine());
    findings.add(InputImages.library());
    findings.add(Kernels.examine());
    findings.addAll(ImageDecoder.libraries());
    for (PlanTimings measured : PlanChooser.of(Optional.empty(), console).measured()) {
      findings.add(Finding.ok("frozen layers", measured.toString()));
    }
    if (common.json) {
      JsonArray array = new JsonArray();
      for (Finding finding : findings) {
        JsonObject one = new JsonObject();
        one.addProperty("name", finding.name());
        one.addProperty("status", finding.status().name().toLowerCase(Locale.ROOT));
        one.addProperty("value", finding.value());
        one.addProperty("remedy", finding.remedy());
        array.add(one);
      }
      JsonObject json = new JsonObject();
      json.add("findings", array);
      common.print(json);
    } else {
      for (Finding finding : findings) {
        common.printLine(
            "%-8s %-22s %s",
            finding.status().name().toLowerCase(Locale.ROOT), finding.name(), finding.value());
        if (!finding.remedy().isEmpty()) {
          common.println(" ".repeat(32) + "-> " + finding.remedy());
        }
      }
    }
    return 0;
  }
}
