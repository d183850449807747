package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.runtime.Progress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NoticesTest {

  private final List<String> reported = new ArrayList<>();
  private final Progress progress =
      new Progress() {
        @Override
        public void note(String line) {
          reported.add("note: " + line);
        }

        @Override
        public void detail(String line) {
          reported.add("detail: " + line);
        }
      };

  @Test
  void eachLineIsReportedOnceAndInOrder() {
    Notices notices = new Notices();
    notices.note("a");
    notices.detail("b");
    notices.report(progress);
    notices.note("c");
    notices.report(progress);
    notices.report(progress);
    assertThat(reported).containsExactly("note: a", "detail: b", "note: c");
  }
}
