package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorTest {

  @TempDir Path folder;

  /** Two sockets of two cores of two processors each, numbered as Linux numbers them. */
  private Path twoSockets() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int processor = 0; processor < 8; processor++) {
      text.append("processor\t: ").append(processor).append('\n');
      text.append("model name\t: A CPU\n");
      text.append("physical id\t: ").append(processor / 2 % 2).append('\n');
      text.append("siblings\t: 4\n");
      text.append("core id\t\t: ").append(processor % 2).append("\n\n");
    }
    return Files.writeString(folder.resolve("cpuinfo"), text);
  }

  private Path allowed(String list) throws IOException {
    return Files.writeString(
        folder.resolve("status"),
        "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + list + "\n");
  }

  @Test
  void aCoreWithSeveralProcessorsCountsOnce() throws IOException {
    assertThat(Processor.cores(twoSockets(), allowed("0-7"))).hasValue(4);
    assertThat(Processor.cores(twoSockets(), allowed("0-3"))).hasValue(4);
    assertThat(Processor.cores(twoSockets(), allowed("0,4"))).hasValue(1);
    assertThat(Processor.cores(twoSockets(), allowed("1-2,6"))).hasValue(2);
  }

  @Test
  void theNumberOfCoresIsEmptyIfTheSystemDoesNotSay() throws IOException {
    Path arm = Files.writeString(folder.resolve("arm"), "processor\t: 0\nFeatures\t: asimd\n");
    assertThat(Processor.cores(arm, allowed("0"))).isEmpty();
    assertThat(Processor.cores(folder.resolve("absent"), allowed("0"))).isEmpty();
    assertThat(Processor.cores(twoSockets(), allowed("x"))).isEmpty();
  }

  @Test
  void threadCountsEndWithAllProcessors() {
    List<Integer> counts = Processor.threadCounts();
    assertThat(counts).isSorted().doesNotHaveDuplicates().hasSizeBetween(1, 2);
    assertThat(counts.get(counts.size() - 1)).isEqualTo(Runtime.getRuntime().availableProcessors());
  }
}
