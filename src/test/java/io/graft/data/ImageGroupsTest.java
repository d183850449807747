package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import io.graft.data.splits.GroupCounts;
import io.graft.data.splits.StratifiedGroupFolds;
import io.graft.image.Augmentation;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Splits and folds that keep the images of a group together. */
class ImageGroupsTest {

  private static final int SEEDS = 10;

  /** The values come from scikit-learn. groups_reference.py in this folder writes them. */
  private static Case[] cases;

  @SuppressWarnings("ArrayRecordComponent")
  private record Case(int[][] counts, int[] folds, double spread, double split) {
    int foldCount() {
      return IntStream.of(folds).max().orElseThrow() + 1;
    }
  }

  @BeforeAll
  static void read() throws IOException {
    Path file = Path.of("src/test/resources/golden/groups.json");
    cases = new Gson().fromJson(Files.readString(file), Case[].class);
    assertThat(cases).hasSize(60);
  }

  @Test
  void foldsWithoutShuffleAreThoseOfScikitLearn() {
    for (Case expected : cases) {
      int[] order = IntStream.range(0, expected.counts.length).toArray();

      assertThat(StratifiedGroupFolds.assign(sparse(expected.counts), expected.foldCount(), order))
          .isEqualTo(expected.folds);
    }
  }

  /** Counts the images of a table of groups and classes, the last group first. */
  private static GroupCounts sparse(int[][] counts) {
    List<List<Integer>> labels = new ArrayList<>();
    List<Integer> groups = new ArrayList<>();
    for (int group = counts.length - 1; group >= 0; group--) {
      for (int label = 0; label < counts[group].length; label++) {
        labels.addAll(Collections.nCopies(counts[group][label], List.of(label)));
        groups.addAll(Collections.nCopies(counts[group][label], group));
      }
    }
    return GroupCounts.of(counts.length, counts[0].length, labels, groups::get);
  }

  @Test
  void countsHoldOnlyTheClassesOfAGroup() {
    GroupCounts counts = sparse(new int[][] {{0, 2, 0, 1}, {0, 0, 0, 0}, {3, 0, 0, 1}});

    assertThat(counts.classes()).isDeepEqualTo(new int[][] {{1, 3}, {}, {0, 3}});
    assertThat(counts.images()).isDeepEqualTo(new int[][] {{2, 1}, {}, {3, 1}});
    assertThat(counts.totals()).containsExactly(3, 2, 0, 2);
    assertThat(counts.groupsOfClasses()).isDeepEqualTo(new int[][] {{2}, {0}, {}, {0, 2}});
  }

  @Test
  void foldsSpreadTheClassesAsEvenlyAsScikitLearn() {
    double ours = 0;
    double theirs = 0;
    for (Case expected : cases) {
      int folds = expected.foldCount();
      LabeledImages images = images(expected.counts);
      double sum = 0;
      for (long seed = 0; seed < SEEDS; seed++) {
        List<double[]> shares =
            images.folds(folds, seed).stream()
                .map(split -> shares(split.validation(), expected.counts))
                .toList();
        sum += spread(shares, expected.counts[0].length);
      }
      assertThat(sum / SEEDS).isCloseTo(expected.spread, within(0.03));
      ours += sum / SEEDS;
      theirs += expected.spread;
    }
    assertThat(ours / theirs).isLessThan(1.005);
  }

  @Test
  void splitIsNearerToTheFractionThanAFoldOfScikitLearn() {
    double ours = 0;
    double theirs = 0;
    for (Case expected : cases) {
      double fraction = 1.0 / expected.foldCount();
      LabeledImages images = images(expected.counts);
      int classes = expected.counts[0].length;
      double sum = 0;
      for (long seed = 0; seed < SEEDS; seed++) {
        double[] shares = shares(images.split(fraction, seed).validation(), expected.counts);
        double ofClasses =
            IntStream.range(0, classes).mapToDouble(i -> Math.abs(shares[i] - fraction)).sum();
        sum += (ofClasses / classes + Math.abs(shares[classes] - fraction)) / 2;
      }
      ours += sum / SEEDS;
      theirs += expected.split;
    }
    assertThat(ours / theirs).isLessThan(0.6);
  }

  @Property(tries = 200)
  void noGroupIsInTwoParts(
      @ForAll @Size(min = 4, max = 20) List<@Size(3) List<@IntRange(max = 5) Integer>> drawn,
      @ForAll @IntRange(min = 2, max = 5) int folds,
      @ForAll @IntRange(min = 1, max = 2) int views,
      @ForAll long seed) {
    int[][] counts =
        drawn.stream()
            .map(group -> group.stream().mapToInt(Integer::intValue).toArray())
            .filter(group -> IntStream.of(group).sum() > 0)
            .toArray(int[][]::new);
    LabeledImages plain = images(counts);
    LabeledImages whole = views == 1 ? plain : plain.withViews(Augmentation.FLIP, views, 3);
    List<Split> splits = new ArrayList<>();
    try {
      splits.add(whole.split(0.3, seed));
      splits.addAll(whole.folds(folds, seed));
    } catch (BadDataException | InvalidOptionException e) {
      assertThat(e).hasMessageMatching("(?s).*(group|number of folds).*");
    }
    for (Split split : splits) {
      Set<String> train = groups(split.train());
      assertThat(train).isNotEmpty().doesNotContainAnyElementsOf(groups(split.validation()));
      assertThat(split.validation().images()).isNotEmpty();
      assertThat(split.train().images().size() + split.validation().images().size())
          .isEqualTo(whole.images().size());
      assertThat(classes(split.train())).isEqualTo(classes(whole));
    }
    if (splits.size() > 1) {
      assertThat(splits.subList(1, splits.size()).stream().map(Split::validation))
          .flatMap(LabeledImages::images)
          .containsExactlyInAnyOrderElementsOf(whole.images());
    }
  }

  @Test
  void otherSeedsGiveOtherSplits() {
    int[][] counts =
        IntStream.range(0, 30).mapToObj(i -> new int[] {1 + i % 3, 2}).toArray(int[][]::new);
    LabeledImages whole = images(counts);
    Set<List<LabeledImage>> splits = new HashSet<>();
    Set<List<LabeledImage>> folds = new HashSet<>();
    for (long seed = 0; seed < 20; seed++) {
      splits.add(whole.split(0.2, seed).validation().images());
      folds.add(whole.folds(5, seed).get(0).validation().images());
      assertThat(whole.split(0.2, seed)).isEqualTo(whole.split(0.2, seed));
    }
    assertThat(splits).hasSize(20);
    assertThat(folds).hasSizeGreaterThan(10);
  }

  @Test
  void multiLabelImagesAreSplitByGroup() {
    List<String> rows = new ArrayList<>(List.of("path,labels,patient"));
    for (int i = 0; i < 60; i++) {
      rows.add(i + ".png," + List.of("", "x", "y", "x|y").get(i % 4) + ",p" + i / 4);
    }
    LabeledImages images = table(rows, TableFormat.defaults().withGroupColumn("patient"));

    Split split = images.split(0.2, 1);

    assertThat(groups(split.validation())).hasSize(3);
    assertThat(split.validation().images()).hasSize(12);
    assertThat(groups(split.train())).doesNotContainAnyElementsOf(groups(split.validation()));
    assertThatThrownBy(() -> images.folds(3, 1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("multi-label");
  }

  @Test
  void refusesWhatGroupsCannotGive() {
    LabeledImages oneGroup = images(new int[][] {{3, 3}});
    LabeledImages classInOneGroup = images(new int[][] {{3, 3}, {3, 0}, {2, 0}});

    assertThatThrownBy(() -> oneGroup.split(0.2, 1))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("none of its groups can be spared");
    assertThatThrownBy(() -> oneGroup.folds(2, 1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("from 2 to 1");
    assertThat(classes(classInOneGroup.split(0.2, 1).train())).containsExactly(0, 1);
    assertThatThrownBy(() -> classInOneGroup.folds(2, 1))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll("class1", "is only in the group 'g000'");
  }

  private static Set<String> groups(LabeledImages images) {
    Set<String> groups = new TreeSet<>();
    images.images().forEach(image -> groups.add(images.groupOf(image).orElseThrow()));
    return groups;
  }

  private static Set<Integer> classes(LabeledImages images) {
    Set<Integer> classes = new TreeSet<>();
    images.images().forEach(image -> classes.add(image.label()));
    return classes;
  }

  /** Returns the share of each class, and last of all images. */
  private static double[] shares(LabeledImages part, int[][] counts) {
    int classes = counts[0].length;
    double[] shares = new double[classes + 1];
    for (LabeledImage image : part.images()) {
      shares[image.label()]++;
      shares[classes]++;
    }
    for (int label = 0; label <= classes; label++) {
      int one = label;
      shares[label] /=
          Stream.of(counts)
              .mapToInt(group -> one < classes ? group[one] : IntStream.of(group).sum())
              .sum();
    }
    return shares;
  }

  /** Returns the deviation of the share of a class over the folds, averaged over the classes. */
  private static double spread(List<double[]> shares, int classes) {
    double sum = 0;
    for (int label = 0; label < classes; label++) {
      double squares = 0;
      for (double[] ofFold : shares) {
        squares += Math.pow(ofFold[label] - 1.0 / shares.size(), 2);
      }
      sum += Math.sqrt(squares / shares.size());
    }
    return sum / classes;
  }

  private static LabeledImages images(int[][] counts) {
    List<String> classes = new ArrayList<>();
    List<LabeledImage> images = new ArrayList<>();
    Map<Path, String> groups = new HashMap<>();
    for (int label = 0; label < counts[0].length; label++) {
      classes.add("class" + label);
      for (int group = 0; group < counts.length; group++) {
        for (int i = 0; i < counts[group][label]; i++) {
          Path path = Path.of(String.format("class%d/%03d-%02d.png", label, group, i));
          images.add(new LabeledImage(path, label));
          groups.put(path, String.format("g%03d", group));
        }
      }
    }
    return ImageFiles.listed(classes, images, groups);
  }

  private static LabeledImages table(List<String> rows, TableFormat format) {
    try {
      Path table = Files.createTempFile("groups", ".csv");
      Files.write(table, rows);
      LabeledImages images = LabeledImages.open(table, format);
      Files.delete(table);
      return images;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
