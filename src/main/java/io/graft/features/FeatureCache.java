package io.graft.features;

import io.graft.runtime.Bytes;
import io.graft.runtime.CacheFolder;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.Folders;
import io.graft.runtime.OutputException;
import io.graft.runtime.WeightsException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A place where rows of features outlive the run that computed them, addressed by content: the
 * SHA-256 of the image file, and everything else that a row depends on. Several processes may use
 * one place at once.
 */
public final class FeatureCache {

  /** What rows may take in the temporary folder, which is often in memory. */
  private static final long TEMPORARY_BYTES = 1L << 30;

  /** Says what becomes of new rows: kept, or that is an error; kept if possible; not kept. */
  private enum Use {
    NAMED,
    STANDARD,
    READ_ONLY
  }

  private final Optional<Path> folder;
  private final Use use;
  private final OptionalLong limit;

  private FeatureCache(Optional<Path> folder, Use use, OptionalLong limit) {
    this.folder = folder;
    this.use = use;
    this.limit = limit;
  }

  /**
   * What is kept for one network, its weights, the boundary, the preparation of pictures and the
   * precision.
   *
   * @param id the name of its folder, 64 hexadecimal digits
   * @param key what the rows depend on besides the image, by name
   * @param shards how many files there are
   * @param rows how many rows they hold
   * @param bytes what they take on the disk
   * @param lastUsed when a run last used it
   */
  public record Entry(
      String id, Map<String, String> key, int shards, long rows, long bytes, Instant lastUsed) {}

  /**
   * What pruning removed.
   *
   * @param shards how many files
   * @param bytes what they took on the disk
   * @param bytesLeft what the remaining ones take
   */
  public record Pruned(int shards, long bytes, long bytesLeft) {}

  /**
   * {@code features} in Graft's cache folder. Where that cannot be written, rows that it holds are
   * found, and new ones are kept nowhere, as with {@link #off}.
   */
  public static FeatureCache standard() {
    return standard(CacheFolder.path().resolve("features"));
  }

  static FeatureCache standard(Path folder) {
    return new FeatureCache(Optional.of(folder), Use.STANDARD, OptionalLong.empty());
  }

  /** Another folder, which need not exist yet. One that cannot be written is an error. */
  public static FeatureCache at(Path folder) {
    return new FeatureCache(Optional.of(folder), Use.NAMED, OptionalLong.empty());
  }

  /**
   * Nothing is kept: rows live in the temporary folder until the extraction is closed, or are
   * computed each time that they are read where they would take more than 1 GiB.
   */
  public static FeatureCache off() {
    return new FeatureCache(Optional.empty(), Use.READ_ONLY, OptionalLong.empty());
  }

  /**
   * The same place for rows that take at most so many bytes in one extraction, besides those that
   * are here; where they would take more, they are computed each time that they are read.
   */
  public FeatureCache withMaxBytes(long bytes) {
    return new FeatureCache(folder, use, OptionalLong.of(bytes));
  }

  /** What an extraction may add. */
  public long maxBytes() {
    return limit.orElse(keeps() ? Long.MAX_VALUE : TEMPORARY_BYTES);
  }

  /** The folder; empty if there is none. */
  public Optional<Path> folder() {
    return folder;
  }

  /** Tells whether new rows are kept. */
  boolean keeps() {
    return use != Use.READ_ONLY;
  }

  /**
   * Returns this place if files can be made there, or else one that keeps no new rows. Every
   * extraction asks for this; ask earlier where other work comes before.
   *
   * @param note told why rows will not be kept
   * @throws OutputException if files cannot be made in a folder that was named
   */
  public FeatureCache requireUsable(Consumer<String> note) {
    Optional<String> obstacle = keeps() ? Folders.whyUnwritable(folder.get()) : Optional.empty();
    return obstacle.map(reason -> withoutKeeping(reason, note)).orElse(this);
  }

  /** Returns a place that has these rows and keeps no new ones; see {@link #requireUsable}. */
  FeatureCache withoutKeeping(String reason, Consumer<String> note) {
    String message = KeyFolder.cannotKeep(folder.orElseThrow(), reason);
    if (use == Use.NAMED) {
      throw new OutputException(message, "cache");
    }
    note.accept(message + " Until then every run computes again what is not there.");
    Optional<Path> readable = folder.filter(Files::isDirectory).filter(Files::isReadable);
    return new FeatureCache(readable, Use.READ_ONLY, limit);
  }

  /** What is kept, the most recently used first. */
  public List<Entry> list() {
    List<Entry> entries = new ArrayList<>();
    for (KeyFolder kept : kept()) {
      List<Path> shards = kept.shards();
      long rows = shards.stream().mapToLong(FeatureCache::rows).sum();
      long bytes = shards.stream().mapToLong(FeatureCache::bytes).sum();
      entries.add(
          new Entry(
              kept.key().id(), kept.key().fields(), shards.size(), rows, bytes, kept.lastUsed()));
    }
    return entries;
  }

  /**
   * Checks every byte of every shard. What is damaged is removed, so that it is computed again when
   * it is needed; whole rows are kept.
   *
   * @return what was damaged, one text for each shard
   */
  public List<String> verify() {
    List<String> damaged = new ArrayList<>();
    for (KeyFolder kept : kept()) {
      for (Path shard : kept.shards()) {
        ShardRepair.withoutDamagedRows(kept, shard).ifPresent(damaged::add);
      }
    }
    return damaged;
  }

  /**
   * Removes the least recently used rows, oldest shards first, until at most {@code maxBytes} are
   * left. A run that uses them meanwhile goes on unharmed.
   *
   * @throws OutputException if they cannot be removed
   */
  public Pruned prune(long maxBytes) {
    List<KeyFolder> oldestFirst = new ArrayList<>(kept());
    oldestFirst.sort(Comparator.comparing(KeyFolder::lastUsed));
    long left = list().stream().mapToLong(Entry::bytes).sum();
    int shards = 0;
    long removed = 0;
    for (KeyFolder kept : oldestFirst) {
      for (Path shard : kept.shards()) {
        if (left <= maxBytes) {
          return new Pruned(shards, removed, left);
        }
        long bytes = bytes(shard);
        DurableFiles.deleteQuietly(shard);
        if (!Files.exists(shard)) {
          shards++;
          removed += bytes;
          left -= bytes;
        }
      }
      kept.removeIfEmpty();
    }
    if (left > maxBytes) {
      throw new OutputException(
          "Cannot remove features from "
              + folder.orElseThrow()
              + ": "
              + Bytes.text(left)
              + " are left. Expected a folder that can be written.");
    }
    return new Pruned(shards, removed, left);
  }

  /** The keys that are here, the most recently used first. */
  private List<KeyFolder> kept() {
    Path root = folder.orElseThrow();
    List<KeyFolder> kept = new ArrayList<>();
    try (Stream<Path> entries = Files.list(root)) {
      for (Path entry : entries.sorted().toList()) {
        readKey(entry).ifPresent(key -> kept.add(new KeyFolder(root, key)));
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw KeyFolder.cannotUse(root, e);
    }
    kept.sort(Comparator.comparing(KeyFolder::lastUsed).reversed());
    return kept;
  }

  /** The key that a folder is named for; empty if it is something else. */
  private static Optional<StoreKey> readKey(Path entry) {
    try {
      StoreKey key = StoreKey.parse(Files.readString(entry.resolve(KeyFolder.KEY)).strip());
      return Optional.of(key).filter(k -> k.id().equals(entry.getFileName().toString()));
    } catch (IOException | IllegalArgumentException e) {
      // Not ours, or damaged: its shards repeat the key and are used all the same.
      return Optional.empty();
    }
  }

  private static long rows(Path shard) {
    try (SafetensorsFile file = SafetensorsFile.open(shard)) {
      TensorInfo features = file.tensors().get(ShardBuffer.FEATURES);
      // Damaged where it has none, or cannot be opened: verify says so.
      return features == null || features.shape().isEmpty() ? 0 : features.shape().get(0);
    } catch (WeightsException e) {
      return 0;
    }
  }

  private static long bytes(Path shard) {
    try {
      return Files.size(shard);
    } catch (IOException e) {
      // Removed by another process.
      return 0;
    }
  }
}
