package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Runs shellcheck on the launcher {@code graft}, if it is installed. */
class ShellcheckTest {

  @Test
  void launcherHasNoFindings() throws Exception {
    Process shellcheck = start("shellcheck", "graft");
    String findings =
        new String(shellcheck.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(shellcheck.waitFor()).as(findings).isZero();
  }

  private static Process start(String... command) {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return abort(command[0] + " is not installed");
    }
  }
}
