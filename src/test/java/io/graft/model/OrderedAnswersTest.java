package io.graft.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.data.BadImage;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.runtime.Progress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Answers stand in the order of the images, whichever batch is computed first. */
class OrderedAnswersTest {

  private static ByteBuffer row(int value) {
    return ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder()).putInt(value).flip();
  }

  @Test
  void batchesMayEndInAnyOrder() {
    List<Path> paths =
        IntStream.range(0, 7).mapToObj(i -> Path.of("no", "such", i + ".jpg")).toList();
    List<String> given = new ArrayList<>();
    Answers receiver =
        new Answers() {
          @Override
          public void answered(LabeledImage image, float[] logits) {
            given.add(image.path().getFileName() + "=" + (int) logits[0]);
          }

          @Override
          public void skipped(BadImage image) {
            given.add(image.path().getFileName() + " " + image.reason());
          }
        };
    OrderedAnswers answers =
        new OrderedAnswers(
            LabeledImages.unlabeled(paths),
            4,
            (rows, count) -> {
              float[] logits = new float[count];
              for (int i = 0; i < count; i++) {
                logits[i] = rows.getInt(4 * i);
              }
              return logits;
            },
            receiver,
            Progress.NONE);
    answers.skip(new BadImage(paths.get(0), "bad"));
    OrderedAnswers.Rows first = answers.expect(new int[] {1, 2});
    answers.skip(new BadImage(paths.get(4), "bad"));
    OrderedAnswers.Rows second = answers.expect(new int[] {3, 5});
    second.put(1, row(50));
    second.put(0, row(30));
    second.complete();
    answers.giveFull();
    assertThat(given).isEmpty();
    answers.skip(new BadImage(paths.get(6), "bad"));
    first.put(0, row(10));
    first.put(1, row(20));
    first.complete();
    answers.giveRest();

    assertThat(given)
        .containsExactly(
            "0.jpg bad", "1.jpg=10", "2.jpg=20", "3.jpg=30", "4.jpg bad", "5.jpg=50", "6.jpg bad");
  }
}
