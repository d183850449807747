package io.graft.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.runtime.Doctor;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What this machine offers. */
@Command(
    name = "doctor",
    description = "Say what Graft finds and uses on this machine, what is missing, what to do.")
final class DoctorCommand implements Callable<Integer> {

  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    common.console();
    Doctor report = Doctor.examine();
    if (common.json) {
      JsonArray findings = new JsonArray();
      for (Doctor.Finding finding : report.findings()) {
        JsonObject one = new JsonObject();
        one.addProperty("name", finding.name());
        one.addProperty("status", finding.status().name().toLowerCase(Locale.ROOT));
        one.addProperty("value", finding.value());
        one.addProperty("remedy", finding.remedy());
        findings.add(one);
      }
      JsonObject json = new JsonObject();
      json.add("findings", findings);
      common.print(json);
    } else {
      for (Doctor.Finding finding : report.findings()) {
        common.println(
            String.format(
                Locale.ROOT,
                "%-8s %-22s %s",
                finding.status().name().toLowerCase(Locale.ROOT),
                finding.name(),
                finding.value()));
        if (!finding.remedy().isEmpty()) {
          common.println(" ".repeat(32) + "-> " + finding.remedy());
        }
      }
    }
    return 0;
  }
}
