package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.image.Augmentation;
import io.graft.runtime.BadDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class IterativeStratificationTest {

  private static final int CLASSES = 5;

  @Test
  void seedSelectsTheSameImagesOnEveryMachine() {
    // From split_reference.py in this folder, which implements the algorithm in Python.
    List<Set<Integer>> sets = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      Set<Integer> set = new TreeSet<>();
      for (int label = 0; label < 4; label++) {
        if (i % (label + 2) == 0) {
          set.add(label);
        }
      }
      if (i % 7 == 1) {
        set.add(4);
      }
      sets.add(set);
    }
    assertThat(images(sets).split(0.25, 42).validation().images())
        .extracting(image -> Integer.valueOf(image.path().toString()))
        .containsExactly(3, 13, 14, 16, 25, 26, 35, 36, 38, 39);
  }

  @Property(tries = 300)
  void everyClassIsInTrainingAndNearItsShareInValidation(
      @ForAll @Size(min = 20, max = 120)
          List<@Size(max = 3) Set<@IntRange(max = CLASSES - 1) Integer>> sets,
      @ForAll @DoubleRange(min = 0.1, max = 0.6) double fraction,
      @ForAll long seed) {
    LabeledImages whole = images(sets);

    Split split = whole.split(fraction, seed);

    List<LabeledImage> train = split.train().images();
    List<LabeledImage> validation = split.validation().images();
    Set<LabeledImage> union = new HashSet<>(train);
    union.addAll(validation);
    assertThat(train.size() + validation.size()).isEqualTo(sets.size());
    assertThat(union).isEqualTo(new HashSet<>(whole.images()));
    assertThat(split.train().labelSets()).isEqualTo(whole.labelSets());
    assertThat(split.validation().labelSets()).isEqualTo(whole.labelSets());
    assertThat(whole.split(fraction, seed).validation().images()).isEqualTo(validation);
    assertThat(Math.abs(validation.size() - fraction * sets.size())).isLessThan(CLASSES + 1);
    for (int label = 0; label < CLASSES; label++) {
      long ofClass = count(whole, whole.images(), label);
      long inValidation = count(whole, validation, label);
      if (ofClass > 0) {
        assertThat(inValidation).as("at least one in training").isLessThan(ofClass);
      }
      // An image is assigned by one of its classes and counts for its other classes too.
      assertThat(Math.abs(inValidation - fraction * ofClass)).isLessThan(CLASSES + 1);
    }
  }

  @Test
  void viewsOfAFileStayTogetherAndCountAsOneImage() {
    LabeledImages whole =
        images(List.of(Set.of(0), Set.of(0, 1), Set.of(1), Set.of(0), Set.of(1), Set.of(2)));
    List<LabeledImage> plain = whole.split(0.4, 3).validation().images();

    LabeledImages views = whole.withViews(Augmentation.FLIP, 3, 1).split(0.4, 3).validation();

    assertThat(views.labelSets()).isEqualTo(whole.labelSets());
    assertThat(views.images()).hasSize(3 * plain.size());
    assertThat(views.images().stream().map(LabeledImage::path).distinct())
        .isNotEmpty()
        .containsExactlyElementsOf(plain.stream().map(LabeledImage::path).toList());
  }

  @Test
  void refusesTooFewImages() {
    assertThatThrownBy(() -> images(List.of(Set.of(0), Set.of(1))).split(0.5, 1))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("none of its 2 images can be spared");
  }

  private static long count(LabeledImages whole, List<LabeledImage> images, int label) {
    return images.stream().filter(image -> whole.classesOf(image).contains(label)).count();
  }

  private static LabeledImages images(List<Set<Integer>> sets) {
    List<List<Integer>> distinct =
        sets.stream().map(set -> List.copyOf(new TreeSet<>(set))).distinct().toList();
    List<String> classes = IntStream.range(0, CLASSES).mapToObj(i -> "class" + i).toList();
    List<LabeledImage> images = new ArrayList<>();
    for (int i = 0; i < sets.size(); i++) {
      images.add(
          new LabeledImage(
              Path.of(String.format("%03d", i)),
              distinct.indexOf(List.copyOf(new TreeSet<>(sets.get(i))))));
    }
    return new ImageTable(
        Path.of(""),
        Path.of(""),
        classes,
        LabelSets.multiLabel(CLASSES, distinct),
        images,
        Map.of(),
        Map.of(),
        0);
  }
}
