package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import io.graft.image.Augmentation;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class StratifiedFoldsTest {

  @Property(tries = 300)
  void everyImageIsInOneValidationFoldAndClassesAreSpreadEvenly(
      @ForAll @Size(min = 2, max = 6) List<@IntRange(min = 2, max = 40) Integer> sizes,
      @ForAll @IntRange(min = 2, max = 10) int wanted,
      @ForAll @IntRange(min = 1, max = 3) int views,
      @ForAll long seed) {
    int folds = Math.min(wanted, sizes.stream().mapToInt(Integer::intValue).max().orElseThrow());
    LabeledImages plain = images(sizes);
    LabeledImages whole = views == 1 ? plain : plain.withViews(Augmentation.FLIP, views, 3);

    List<Split> splits = whole.folds(folds, seed);

    assertThat(splits).hasSize(folds);
    List<LabeledImage> validated = new ArrayList<>();
    for (Split split : splits) {
      List<LabeledImage> train = split.train().images();
      List<LabeledImage> validation = split.validation().images();
      validated.addAll(validation);
      assertThat(train.size() + validation.size()).isEqualTo(whole.images().size());
      Set<Path> files = new HashSet<>(paths(train));
      assertThat(paths(validation)).doesNotContainAnyElementsOf(files);
      // Training and validation images keep their original order.
      assertThat(whole.images().stream().filter(new HashSet<>(train)::contains)).isEqualTo(train);
      assertThat(whole.images().stream().filter(new HashSet<>(validation)::contains))
          .isEqualTo(validation);
      assertThat(validation.size() / views)
          .isBetween(plain.images().size() / folds, (plain.images().size() - 1) / folds + 1);
      for (int label = 0; label < sizes.size(); label++) {
        int wantedLabel = label;
        long inValidation =
            validation.stream().filter(image -> image.label() == wantedLabel).count();
        assertThat(inValidation / views)
            .isBetween((long) sizes.get(label) / folds, (sizes.get(label) - 1L) / folds + 1);
        assertThat(inValidation).isLessThan((long) sizes.get(label) * views);
      }
    }
    assertThat(validated).containsExactlyInAnyOrderElementsOf(whole.images());
    assertThat(whole.folds(folds, seed)).isEqualTo(splits);
  }

  /** The counts come from scikit-learn. folds_reference.py in this folder writes them. */
  @Test
  void foldsHaveTheClassCountsOfScikitLearn() throws IOException {
    Case[] cases =
        new Gson()
            .fromJson(
                Files.readString(Path.of("src/test/resources/golden/folds.json")), Case[].class);
    assertThat(cases).hasSize(24);
    for (Case expected : cases) {
      List<List<Integer>> counts = new ArrayList<>();
      for (Split split : images(expected.sizes).folds(expected.counts.size(), 7)) {
        List<Integer> count = new ArrayList<>();
        for (int label = 0; label < expected.sizes.size(); label++) {
          int wanted = label;
          count.add(
              (int) split.validation().images().stream().filter(i -> i.label() == wanted).count());
        }
        counts.add(count);
      }
      assertThat(counts).as("sizes %s", expected.sizes).isEqualTo(expected.counts);
    }
  }

  /** The sizes of the classes, and scikit-learn's counts by fold and class. */
  private record Case(List<Integer> sizes, List<List<Integer>> counts) {}

  @Test
  void otherSeedsGiveOtherFolds() {
    LabeledImages whole = images(List.of(20, 20));
    Set<List<LabeledImage>> drawn = new HashSet<>();
    for (long seed = 0; seed < 20; seed++) {
      drawn.add(whole.folds(4, seed).get(0).validation().images());
    }
    assertThat(drawn).hasSize(20);
  }

  @Test
  void refusesInvalidNumbersOfFolds() {
    for (int folds : new int[] {-1, 0, 1, 6}) {
      assertThatThrownBy(() -> images(List.of(3, 5)).folds(folds, 1))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageContainingAll("folds is " + folds, "from 2 to 5");
    }
    assertThatThrownBy(() -> images(List.of(3, 1)).folds(2, 1))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll("class1", "at least two images of each class");
    LabeledImages multiLabel =
        new ImageSubset(
            images(List.of(3, 3)),
            List.of("class0", "class1"),
            LabelSets.multiLabel(2, List.of(List.of(0), List.of(0, 1))),
            images(List.of(3, 3)).images());
    assertThatThrownBy(() -> multiLabel.folds(2, 1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("one class each");
  }

  private static List<Path> paths(List<LabeledImage> images) {
    return images.stream().map(LabeledImage::path).toList();
  }

  private static LabeledImages images(List<Integer> sizes) {
    List<String> classes = new ArrayList<>();
    List<LabeledImage> images = new ArrayList<>();
    for (int label = 0; label < sizes.size(); label++) {
      classes.add("class" + label);
      for (int i = 0; i < sizes.get(label); i++) {
        images.add(new LabeledImage(Path.of(String.format("class%d/%02d.png", label, i)), label));
      }
    }
    return ImageFiles.listed(classes, images, Map.of());
  }
}
