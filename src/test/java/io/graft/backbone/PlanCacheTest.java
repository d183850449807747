package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.runtime.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanCacheTest {

  @TempDir Path folder;

  @Test
  void reportsAnUnwritableFolderOnce() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    List<String> notes = new ArrayList<>();
    Progress listener =
        new Progress() {
          @Override
          public void note(String line) {
            notes.add(line);
          }
        };
    PlanCache cache = new PlanCache(file.resolve("plans"), folder.resolve("scales"), listener);

    cache.keepCalibration("some weights", new PlanCache.Calibration("a rule", List.of()));
    assertThat(notes).isEmpty();
    cache.keep(new PlanTimings("this machine", 1, new ArrayList<>()));
    cache.keep(new PlanTimings("this machine, another network", 1, new ArrayList<>()));

    assertThat(notes)
        .singleElement()
        .asString()
        .contains("measures the precisions again", file.resolve("plans").toString(), "GRAFT_HOME");
  }
}
