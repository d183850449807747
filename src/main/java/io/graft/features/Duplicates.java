package io.graft.features;

import io.graft.data.DataParts;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.data.Split;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Progress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The images that stand in several parts of a data set, or under several labels. Images are the
 * same if their files have the same bytes; a copy in another size or format is another image. Files
 * that cannot be decoded do not count.
 */
public final class Duplicates {

  /** The largest number of pairs of each kind that are named. */
  public static final int MOST_NAMED = 5;

  /** What is wrong with some images. */
  public enum Kind {
    /** Validation images that are training images too. */
    TRAIN_VALIDATION,
    /** Test images that are training images too. */
    TRAIN_TEST,
    /** Test images that are validation images too. */
    VALIDATION_TEST,
    /** Images that stand in several folds. */
    FOLDS,
    /** Images with several labels; all their copies together count once. */
    TWO_LABELS
  }

  /**
   * Two files of the same content.
   *
   * @param firstClasses the names of the classes of the first file
   * @param secondClasses the names of the classes of the second file
   */
  public record Pair(
      Path first, List<String> firstClasses, Path second, List<String> secondClasses) {}

  /** One file in one part. */
  private record Copy(int part, LabeledImages set, LabeledImage image) {
    List<String> classes() {
      return set.classesOf(image).stream().map(set.classes()::get).sorted().toList();
    }

    Pair with(Copy other) {
      return new Pair(image.path(), classes(), other.image.path(), other.classes());
    }
  }

  /** The part of test images if the numbers of the other parts are those of folds. */
  private static final int TEST_BESIDE_FOLDS = -1;

  private final DataParts parts;
  private final boolean folds;
  private final Map<Kind, Integer> counts = new EnumMap<>(Kind.class);
  private final Map<Kind, List<Pair>> named = new EnumMap<>(Kind.class);

  private final DroppedImages dropped = new DroppedImages();

  private Duplicates(DataParts parts, boolean folds, List<Kind> kinds) {
    this.parts = parts;
    this.folds = folds;
    for (Kind kind : kinds) {
      counts.put(kind, 0);
      named.put(kind, new ArrayList<>());
    }
  }

  /**
   * Finds the images that stand in several parts or under several labels.
   *
   * @param onBadImage which images are too large to be decoded
   * @param cache where digests of files are looked up and kept
   */
  public static Duplicates among(
      DataParts parts, OnBadImage onBadImage, FeatureCache cache, Progress progress) {
    List<Kind> kinds = new ArrayList<>();
    parts.validation().ifPresent(images -> kinds.add(Kind.TRAIN_VALIDATION));
    parts.test().ifPresent(images -> kinds.add(Kind.TRAIN_TEST));
    if (parts.validation().isPresent() && parts.test().isPresent()) {
      kinds.add(Kind.VALIDATION_TEST);
    }
    kinds.add(Kind.TWO_LABELS);
    List<Copy> copies = new ArrayList<>();
    List<Optional<LabeledImages>> listed = list(parts);
    for (int part = 0; part < listed.size(); part++) {
      int number = part;
      listed.get(part).ifPresent(images -> addFiles(copies, number, images));
    }
    Duplicates found = new Duplicates(parts, false, kinds);
    EqualFiles.among(copies.stream().map(Copy::image).toList(), cache, progress)
        .groups(group -> isHarmful(copies, group), parts.train(), onBadImage, progress)
        .forEach(group -> found.add(IntStream.of(group).mapToObj(copies::get).toList()));
    return found;
  }

  /**
   * Finds the images that stand in several folds, in a fold and in the test images, or under
   * several labels.
   *
   * @param parts the images, without validation images
   * @param folds the splits of the training images for cross-validation
   */
  public static Duplicates acrossFolds(
      DataParts parts,
      List<Split> folds,
      OnBadImage onBadImage,
      FeatureCache cache,
      Progress progress) {
    LabeledImages images = parts.train();
    Map<Path, Integer> foldOf = new HashMap<>();
    for (int fold = 0; fold < folds.size(); fold++) {
      for (LabeledImage image : folds.get(fold).validation().images()) {
        foldOf.put(image.path(), fold);
      }
    }
    List<Copy> copies = new ArrayList<>();
    addFiles(copies, 0, images);
    copies.replaceAll(copy -> new Copy(foldOf.get(copy.image.path()), images, copy.image));
    List<Kind> kinds = new ArrayList<>(List.of(Kind.FOLDS));
    parts.test().ifPresent(test -> kinds.add(Kind.TRAIN_TEST));
    kinds.add(Kind.TWO_LABELS);
    parts.test().ifPresent(test -> addFiles(copies, TEST_BESIDE_FOLDS, test));
    Duplicates found = new Duplicates(parts, true, kinds);
    EqualFiles.among(copies.stream().map(Copy::image).toList(), cache, progress)
        .groups(group -> true, images, onBadImage, progress)
        .forEach(group -> found.add(IntStream.of(group).mapToObj(copies::get).toList()));
    return found;
  }

  private static List<Optional<LabeledImages>> list(DataParts parts) {
    return List.of(Optional.of(parts.train()), parts.validation(), parts.test());
  }

  private static void addFiles(List<Copy> copies, int part, LabeledImages set) {
    Path before = null;
    for (LabeledImage image : set.images()) {
      // The views of a file follow each other.
      if (!image.path().equals(before)) {
        copies.add(new Copy(part, set, image));
      }
      before = image.path();
    }
  }

  private static boolean isHarmful(List<Copy> copies, int[] group) {
    Copy first = copies.get(group[0]);
    return IntStream.of(group)
        .mapToObj(copies::get)
        .anyMatch(copy -> copy.part != first.part || !copy.classes().equals(first.classes()));
  }

  private void add(List<Copy> group) {
    Copy first = group.get(0);
    group.stream()
        .filter(copy -> !copy.classes().equals(first.classes()))
        .findFirst()
        .ifPresent(
            other -> {
              count(Kind.TWO_LABELS, first, other);
              group.forEach(this::drop);
            });
    if (folds) {
      addAcrossFolds(group);
    } else {
      addAcrossParts(group);
    }
  }

  private void addAcrossParts(List<Copy> group) {
    Copy[] firsts = new Copy[list(parts).size()];
    for (Copy copy : group) {
      boolean later = false;
      for (int part = 0; part < copy.part; part++) {
        if (firsts[part] != null) {
          later = true;
          count(kind(part, copy.part), firsts[part], copy);
        }
      }
      if (later) {
        drop(copy);
      }
      firsts[copy.part] = firsts[copy.part] == null ? copy : firsts[copy.part];
    }
  }

  private void addAcrossFolds(List<Copy> group) {
    Copy first = group.get(0);
    for (int i = 0; i < group.size(); i++) {
      Copy copy = group.get(i);
      // Test images come last, so the first copy is a training image if any is.
      if (copy.part == TEST_BESIDE_FOLDS && first.part != TEST_BESIDE_FOLDS) {
        count(Kind.TRAIN_TEST, first, copy);
        drop(copy);
      } else if (copy.part != TEST_BESIDE_FOLDS) {
        group.stream()
            .filter(other -> other.part != copy.part && other.part != TEST_BESIDE_FOLDS)
            .findFirst()
            .ifPresent(other -> count(Kind.FOLDS, copy, other));
        if (i > 0) {
          drop(copy);
        }
      }
    }
  }

  private static Kind kind(int part, int later) {
    return part == 0 ? later == 1 ? Kind.TRAIN_VALIDATION : Kind.TRAIN_TEST : Kind.VALIDATION_TEST;
  }

  private void count(Kind kind, Copy first, Copy second) {
    counts.merge(kind, 1, Integer::sum);
    if (named.get(kind).size() < MOST_NAMED) {
      named.get(kind).add(first.with(second));
    }
  }

  private void drop(Copy copy) {
    int part = copy.part == TEST_BESIDE_FOLDS ? 2 : folds ? 0 : copy.part;
    dropped.add(part, copy.image.path());
  }

  /** Returns how many images there are of each kind that these parts can have. */
  public Map<Kind, Integer> counts() {
    return Collections.unmodifiableMap(counts);
  }

  /** Returns the first pairs of a kind, at most {@link #MOST_NAMED}. */
  public List<Pair> named(Kind kind) {
    return List.copyOf(named.getOrDefault(kind, List.of()));
  }

  /** Returns whether there are none. */
  public boolean isEmpty() {
    return counts.values().stream().allMatch(count -> count == 0);
  }

  /** Returns the parts that were searched; all images of folds are training images. */
  public DataParts parts() {
    return parts;
  }

  /**
   * Returns the parts without duplicates. An image that stands in several parts stays only in the
   * first of them, and an image that stands in several folds stays once. An image with several
   * labels is in no part.
   *
   * @throws BadDataException if a part or a class of training images has no image left
   */
  public DataParts partsWithout() {
    return dropped.from(parts);
  }

  @Override
  public String toString() {
    return "Duplicates" + counts;
  }
}
