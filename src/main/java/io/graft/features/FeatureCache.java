package io.graft.features;

import io.graft.runtime.DecimalText;
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
 * A folder that keeps features between runs, or the choice to keep none. Rows are found by the
 * SHA-256 of the image file and everything else that they depend on. Several processes may use one
 * folder at once.
 */
public final class FeatureCache {

  /** Limits rows in the temporary folder, because that folder is often in memory. */
  private static final long TEMPORARY_BYTES = 1L << 30;

  /** What happens to new rows. */
  private enum Use {
    /** New rows are kept, or the run fails. */
    NAMED,
    /** New rows are kept if possible. */
    STANDARD,
    /** New rows are not kept. */
    READ_ONLY
  }

  private final Optional<Path> folder;
  private final Use use;
  private final OptionalLong limit;
  private final DigestMemory digests;

  private FeatureCache(Optional<Path> folder, Use use, OptionalLong limit, DigestMemory digests) {
    this.folder = folder;
    this.use = use;
    this.limit = limit;
    this.digests = digests;
  }

  private static FeatureCache of(Optional<Path> folder, Use use) {
    return new FeatureCache(folder, use, OptionalLong.empty(), new DigestMemory());
  }

  /**
   * The rows of one network with its weights, boundary, input spec and precision.
   *
   * @param id the name of the folder, 64 hexadecimal digits
   * @param key the values that the rows depend on besides the image, by name
   * @param shards the number of files
   * @param rows the number of rows in the files
   * @param bytes the size of the files
   * @param lastUsed when a run last used the rows
   */
  public record Entry(
      String id, Map<String, String> key, int shards, long rows, long bytes, Instant lastUsed) {}

  /**
   * The result of {@link #prune}.
   *
   * @param shards the number of removed files
   * @param bytes the size of the removed files
   * @param bytesLeft the size of the remaining files
   */
  public record Pruned(int shards, long bytes, long bytesLeft) {}

  /**
   * Returns the folder {@code features} in Graft's cache folder. If the folder cannot be written,
   * its rows are used, but new ones are not kept; see {@link #off}.
   */
  public static FeatureCache standard() {
    return standard(Folders.cache().resolve("features"));
  }

  static FeatureCache standard(Path folder) {
    return of(Optional.of(folder), Use.STANDARD);
  }

  /** Returns a cache in a folder, which may not exist yet. Runs fail if it cannot be written. */
  public static FeatureCache at(Path folder) {
    return of(Optional.of(folder), Use.NAMED);
  }

  /**
   * Returns a cache that keeps nothing. Rows are in the temporary folder until the extraction is
   * closed. If they need more than 1 GiB, they are recomputed whenever they are read.
   */
  public static FeatureCache off() {
    return of(Optional.empty(), Use.READ_ONLY);
  }

  /**
   * Returns a copy that limits the size of one extraction's new rows. If these need more, rows are
   * recomputed whenever they are read.
   */
  public FeatureCache withMaxBytes(long bytes) {
    return new FeatureCache(folder, use, OptionalLong.of(bytes), digests);
  }

  /** Returns the largest size of the new rows of one extraction. */
  public long maxBytes() {
    return limit.orElse(keeps() ? Long.MAX_VALUE : TEMPORARY_BYTES);
  }

  /** Returns the folder; empty if there is none. */
  public Optional<Path> folder() {
    return folder;
  }

  /** Returns the digests that this process remembers. */
  DigestMemory digests() {
    return digests;
  }

  /** Returns whether new rows are kept. */
  boolean keeps() {
    return use != Use.READ_ONLY;
  }

  /**
   * Returns this cache if its folder can be written, and otherwise one that keeps no new rows.
   * Every extractor calls this method. Call it earlier to fail before other work.
   *
   * @param note the receiver of the reason why rows will not be kept
   * @throws OutputException if a named folder cannot be written
   */
  public FeatureCache requireUsable(Consumer<String> note) {
    Optional<String> obstacle = keeps() ? Folders.whyUnwritable(folder.get()) : Optional.empty();
    return obstacle.map(reason -> withoutKeeping(reason, note)).orElse(this);
  }

  /** Returns a cache with the same rows that keeps no new ones; see {@link #requireUsable}. */
  FeatureCache withoutKeeping(String reason, Consumer<String> note) {
    String message = KeyFolder.cannotKeep(folder.orElseThrow(), reason);
    if (use == Use.NAMED) {
      throw new OutputException(message, "cache");
    }
    note.accept(message + " Until then, every run recomputes the missing rows.");
    Optional<Path> readable = folder.filter(Files::isDirectory).filter(Files::isReadable);
    return new FeatureCache(readable, Use.READ_ONLY, limit, digests);
  }

  /** Lists the kept rows, one entry per key. The most recently used entry is first. */
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
   * Checks every row and removes damaged ones, which are recomputed when they are needed.
   *
   * @return a description of the damage for each damaged file
   */
  public List<String> verify() {
    List<String> damaged = new ArrayList<>();
    for (KeyFolder kept : kept()) {
      for (Path shard : kept.shards()) {
        kept.repair(shard).ifPresent(damaged::add);
      }
    }
    return damaged;
  }

  /**
   * Removes the least recently used rows, the oldest files first, until at most {@code maxBytes}
   * bytes are left. A run that is using these rows can continue.
   *
   * @throws OutputException if rows cannot be removed
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
          "Cannot remove features from %s: %s are left. Expected a folder that can be written."
              .formatted(folder.orElseThrow(), DecimalText.bytes(left)));
    }
    return new Pruned(shards, removed, left);
  }

  /** Returns the folders of all keys, the most recently used first. */
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

  /** Returns the key of a folder; empty if the folder is something else. */
  private static Optional<StoreKey> readKey(Path entry) {
    try {
      StoreKey key = StoreKey.parse(Files.readString(entry.resolve(KeyFolder.KEY)).strip());
      return Optional.of(key).filter(k -> k.id().equals(entry.getFileName().toString()));
    } catch (IOException | IllegalArgumentException e) {
      // Ignores a damaged key, because every shard repeats the key.
      return Optional.empty();
    }
  }

  private static long rows(Path shard) {
    try (SafetensorsFile file = SafetensorsFile.open(shard)) {
      TensorInfo features = file.tensors().get(ShardBuffer.FEATURES);
      // A damaged shard counts as empty here; verify reports it.
      return features == null || features.shape().isEmpty() ? 0 : features.shape().get(0);
    } catch (WeightsException e) {
      return 0;
    }
  }

  private static long bytes(Path shard) {
    try {
      return Files.size(shard);
    } catch (IOException e) {
      // Another process has removed the shard.
      return 0;
    }
  }
}
