package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StratifiedSplitTest {

  @Property(tries = 300)
  void everyClassIsSplitByTheFractionUpToRounding(
      @ForAll @Size(min = 2, max = 6) List<@IntRange(min = 1, max = 60) Integer> sizes,
      @ForAll @Scale(3) @DoubleRange(min = 0.001, max = 0.999) double fraction,
      @ForAll long seed) {
    sizes = new ArrayList<>(sizes);
    sizes.set(0, Math.max(2, sizes.get(0)));
    LabeledImages whole = images(sizes);

    Split split = whole.split(fraction, seed);

    List<LabeledImage> train = split.train().images();
    List<LabeledImage> validation = split.validation().images();
    Set<LabeledImage> union = new HashSet<>(train);
    union.addAll(validation);
    assertThat(train.size() + validation.size()).isEqualTo(whole.images().size());
    assertThat(union).isEqualTo(new HashSet<>(whole.images()));
    assertThat(train).isSubsetOf(whole.images()).isSortedAccordingTo(byPath(whole));
    assertThat(validation).isSortedAccordingTo(byPath(whole));
    for (int label = 0; label < sizes.size(); label++) {
      int wanted = label;
      long inValidation = validation.stream().filter(image -> image.label() == wanted).count();
      int size = sizes.get(label);
      if (size == 1) {
        assertThat(inValidation).isZero();
      } else {
        assertThat(inValidation).isBetween(1L, size - 1L);
        boolean limited = fraction * size < 0.5 || fraction * size > size - 0.5;
        assertThat(Math.abs(inValidation - fraction * size)).isLessThanOrEqualTo(limited ? 1 : 0.5);
      }
    }
    assertThat(split.train().classes()).isEqualTo(whole.classes());
    assertThat(split.validation().classes()).isEqualTo(whole.classes());
    assertThat(whole.split(fraction, seed).validation().images()).isEqualTo(validation);
  }

  @Test
  void seedSelectsTheSameImagesOnEveryMachine() {
    // From split_reference.py in this folder, which implements java.util.Random and SplitMix64 in
    // Python.
    Split split = images(List.of(7, 5, 3)).split(0.4, 42);

    assertThat(split).hasToString("Split[9 training images, 6 validation images]");
    assertThat(split.validation().images())
        .extracting(image -> image.path().toString().replace('\\', '/'))
        .containsExactly(
            "class0/00.png",
            "class0/02.png",
            "class0/04.png",
            "class1/00.png",
            "class1/02.png",
            "class2/00.png");
  }

  @Test
  void otherSeedsSelectOtherImages() {
    LabeledImages whole = images(List.of(50, 50));
    Set<List<LabeledImage>> splits = new HashSet<>();
    for (long seed = 0; seed < 20; seed++) {
      splits.add(whole.split(0.5, seed).validation().images());
    }
    assertThat(splits).hasSize(20);
  }

  @Test
  void splitOfAClassDoesNotDependOnOtherClasses() {
    List<LabeledImage> alone = images(List.of(2, 40)).split(0.25, 7).validation().images();
    List<LabeledImage> beside = images(List.of(9, 40, 5)).split(0.25, 7).validation().images();

    assertThat(beside.stream().filter(image -> image.label() == 1))
        .containsExactlyElementsOf(alone.stream().filter(image -> image.label() == 1).toList());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.1, 1.5, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesInvalidFractions(double fraction) {
    assertThatThrownBy(() -> images(List.of(4, 4)).split(fraction, 1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining(String.valueOf(fraction));
  }

  @Test
  void refusesIfEveryClassHasOneImage() {
    assertThatThrownBy(() -> images(List.of(1, 1, 1)).split(0.5, 1))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("none of its 3 classes has two images");
  }

  @Test
  void relabelsByName() {
    LabeledImages part = images(List.of(3, 3)).split(0.3, 1).train();

    LabeledImages relabeled = part.withClasses(List.of("class1", "other", "class0"));

    assertThat(relabeled.images()).extracting(LabeledImage::label).containsExactly(2, 2, 0, 0);
    assertThat(relabeled.images())
        .extracting(LabeledImage::path)
        .isEqualTo(part.images().stream().map(LabeledImage::path).toList());
    assertThatThrownBy(() -> part.withClasses(List.of("class1")))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("class0");
    assertThatThrownBy(() -> part.withClasses(List.of("class0", "class1", "class0")))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("named twice");
  }

  private static Comparator<LabeledImage> byPath(LabeledImages whole) {
    return Comparator.comparing(whole::relativePath);
  }

  private static LabeledImages images(List<Integer> sizes) {
    List<String> classes = new ArrayList<>();
    List<LabeledImage> images = new ArrayList<>();
    for (int label = 0; label < sizes.size(); label++) {
      classes.add("class" + label);
      for (int i = 0; i < sizes.get(label); i++) {
        String path = String.format("class%d/%02d.png", label, i);
        images.add(new LabeledImage(Path.of(path), label));
      }
    }
    return ImageFiles.listed(classes, images, Map.of());
  }
}
