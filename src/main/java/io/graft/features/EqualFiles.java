package io.graft.features;

import io.graft.data.Batches;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.data.OnBadImage;
import io.graft.image.InputSpec;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** The image files of equal content among some images. */
final class EqualFiles {

  /** A small input, because only whether files can be decoded matters. */
  private static final InputSpec SMALL = InputSpec.TORCHVISION.withSize(32);

  private final List<LabeledImage> images;
  private final List<int[]> groups;

  private EqualFiles(List<LabeledImage> images, List<int[]> groups) {
    this.images = images;
    this.groups = groups;
  }

  /**
   * Compares files by their digests. Without a folder that keeps digests, reads only files whose
   * size another file has too.
   */
  static EqualFiles among(List<LabeledImage> images, FeatureCache cache, Progress progress) {
    Map<Path, Integer> files = new LinkedHashMap<>();
    int[] fileOf = new int[images.size()];
    for (int image = 0; image < fileOf.length; image++) {
      Integer known = files.putIfAbsent(images.get(image).path(), files.size());
      fileOf[image] = known == null ? files.size() - 1 : known;
    }
    List<LabeledImage> distinct =
        files.keySet().stream().map(path -> new LabeledImage(path, 0)).toList();
    int[] read =
        cache.folder().isPresent()
            ? IntStream.range(0, distinct.size()).toArray()
            : sameSize(distinct);
    ImageDigests digests =
        ImageDigests.of(IntStream.of(read).mapToObj(distinct::get).toList(), cache, progress);
    int[] contents = new int[distinct.size()];
    // A file that is not read is equal only to itself.
    Arrays.setAll(contents, file -> read.length + file);
    IntStream.range(0, read.length).forEach(i -> contents[read[i]] = digests.position(i));
    return new EqualFiles(images, groups(fileOf, contents));
  }

  /** Returns the images of each content that several images have. */
  private static List<int[]> groups(int[] fileOf, int[] contents) {
    Map<Integer, Integer> copies = new HashMap<>();
    IntStream.of(fileOf).forEach(file -> copies.merge(contents[file], 1, Integer::sum));
    Map<Integer, List<Integer>> equal = new LinkedHashMap<>();
    for (int image = 0; image < fileOf.length; image++) {
      int content = contents[fileOf[image]];
      if (copies.get(content) > 1) {
        equal.computeIfAbsent(content, key -> new ArrayList<>()).add(image);
      }
    }
    return equal.values().stream()
        .map(group -> group.stream().mapToInt(Integer::intValue).toArray())
        .toList();
  }

  /** Returns the positions of the files whose size another file has too. */
  private static int[] sameSize(List<LabeledImage> files) {
    long[] sizes = files.stream().parallel().mapToLong(file -> size(file.path())).toArray();
    Map<Long, Integer> count = new HashMap<>();
    LongStream.of(sizes).forEach(size -> count.merge(size, 1, Integer::sum));
    return IntStream.range(0, sizes.length)
        .filter(file -> sizes[file] > 0 && count.get(sizes[file]) > 1)
        .toArray();
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      // The loader reports the file later.
      return 0;
    }
  }

  /**
   * Returns the groups of images of equal content that can be decoded, in the images' order.
   *
   * @param wanted which groups are wanted, as positions of images; others are not decoded
   * @param listing any listing; the loader needs one
   * @param onBadImage which images are too large to be decoded
   */
  List<int[]> groups(
      Predicate<int[]> wanted, LabeledImages listing, OnBadImage onBadImage, Progress progress) {
    List<int[]> candidates = groups.stream().filter(wanted).toList();
    Set<Path> undecodable = new HashSet<>();
    // The loader reports these files again later.
    ImageLoader loader =
        new ImageLoader(
            listing.only(candidates.stream().map(group -> images.get(group[0])).toList()),
            SMALL,
            LoaderOptions.defaults()
                .withOnBadImage(OnBadImage.SKIP.withMaxPixels(onBadImage.maxPixels())),
            bad -> undecodable.add(bad.path()));
    try (Batches read = loader.batches()) {
      while (read.hasNext()) {
        StoppedException.throwIfRequested(progress, "images were compared");
        read.next().close();
      }
    }
    return candidates.stream()
        .filter(group -> !undecodable.contains(images.get(group[0]).path()))
        .toList();
  }
}
