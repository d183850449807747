package io.graft.weights.keras;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorReads;
import io.jhdf.HdfFile;
import io.jhdf.ObjectHeader;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Link;
import io.jhdf.api.Node;
import io.jhdf.object.message.AttributeInfoMessage;
import io.jhdf.object.message.FilterPipelineMessage;
import io.jhdf.object.message.LinkInfoMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The tree of groups and datasets in an HDF5 file. jHDF reads it, and this class sets limits.
 *
 * <p>jHDF reads from a mapping of the whole file. So a length that the file claims is checked
 * against the mapping, and no memory is allocated for it. Links are not followed, because a link
 * can name another file. Dense links and attributes are refused, because nothing limits the sizes
 * that they claim. Keras writes neither.
 *
 * @see <a href="https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html">The HDF5
 *     format</a>
 */
public final class Hdf5File {

  /** The first eight bytes of every HDF5 file. */
  private static final byte[] SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  private static final int MAX_NODES = 100_000;
  private static final int MAX_DEPTH = 32;

  private static final long UNDEFINED_ADDRESS = -1;

  private final String description;
  private final FileChannel channel;
  private final long start;
  private final long size;
  private final HdfFile file;
  private final Map<String, Dataset> datasets = new LinkedHashMap<>();
  private final Map<String, Group> groups = new LinkedHashMap<>();
  private final ChunkCache chunks = new ChunkCache();
  private int nodes;

  /**
   * Reads the tree.
   *
   * @param description the name of the file in messages
   * @param channel the channel of the file, which stays open and belongs to the caller
   * @param start the position of the first HDF5 byte in the channel
   * @param size the number of HDF5 bytes
   * @throws WeightsException if the bytes are not a whole HDF5 file
   * @throws IOException if the channel cannot be read
   */
  Hdf5File(String description, FileChannel channel, long start, long size) throws IOException {
    this.description = description;
    this.channel = channel;
    this.start = start;
    this.size = size;
    if (size > Integer.MAX_VALUE) {
      throw malformed("it has %s bytes and HDF5 files of less than 2 GiB are read", size);
    }
    ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, start, size);
    if (size < SIGNATURE.length
        || !bytes.slice(0, SIGNATURE.length).equals(ByteBuffer.wrap(SIGNATURE))) {
      throw malformed("it does not begin with HDF5's signature");
    }
    this.file = guarded(() -> HdfFile.fromByteBuffer(bytes));
    long end = guarded(() -> file.getHdfBackingStorage().getSuperblock().getEndOfFileAddress());
    if (end > size || end < 0) {
      throw malformed("it is cut off: %s of %s bytes are here", size, end);
    }
    guarded(
        () -> {
          walk(file, "", 0);
          return null;
        });
  }

  /** Returns whether a file that begins with these bytes is an HDF5 file. */
  public static boolean isBegunBy(byte[] first) {
    return first.length >= SIGNATURE.length
        && Arrays.equals(first, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length);
  }

  /** Returns the paths of all datasets, {@code /group/dataset}, in the order of the file. */
  Set<String> paths() {
    return Collections.unmodifiableSet(datasets.keySet());
  }

  /** Returns the dataset at one of the {@link #paths()}, as jHDF reads it. */
  Dataset dataset(String path) {
    return datasets.get(path);
  }

  /**
   * Returns the numbers of the filters of a dataset, in the order in which they were applied. The
   * dataset itself names only filters that jHDF has.
   */
  List<Integer> filters(Dataset dataset) {
    return ObjectHeader.readObjectHeader(file.getHdfBackingStorage(), dataset.getAddress())
        .getMessagesOfType(FilterPipelineMessage.class)
        .stream()
        .flatMap(message -> message.getFilters().stream())
        .map(FilterPipelineMessage.FilterInfo::getId)
        .toList();
  }

  /** Returns an attribute of a group that is a single text. The root's path is empty. */
  Optional<String> text(String groupPath, String attribute) {
    return guarded(
        () -> {
          Group group = groups.get(groupPath);
          Attribute found = group == null ? null : group.getAttribute(attribute);
          if (found == null || !found.isScalar() || found.getJavaType() != String.class) {
            return Optional.empty();
          }
          return Optional.of((String) found.getData());
        });
  }

  /** Returns an attribute of a group that is a list of texts; empty if there is none. */
  List<String> texts(String groupPath, String attribute) {
    return guarded(
        () -> {
          Group group = groups.get(groupPath);
          Attribute found = group == null ? null : group.getAttribute(attribute);
          return found != null && found.getData() instanceof String[] texts
              ? List.of(texts)
              : List.of();
        });
  }

  /** Returns the name of the file in messages. */
  String description() {
    return description;
  }

  /** Returns the decoded chunks of all datasets. */
  ChunkCache chunks() {
    return chunks;
  }

  /** Returns the size of the file in bytes. */
  long size() {
    return size;
  }

  /** Fills a buffer with the bytes at an address of the file. */
  void read(long address, ByteBuffer destination) throws IOException {
    if (address < 0 || address > size - destination.remaining()) {
      throw malformed("bytes after its end are asked for");
    }
    TensorReads.readFully(channel, start + address, destination);
  }

  /** Creates an error about this file. The reason continues a sentence about the file. */
  WeightsException malformed(String reason, Object... values) {
    return malformed(null, reason, values);
  }

  /** Creates an error like {@link #malformed(String, Object...)}, with a cause. */
  @SuppressWarnings("AnnotateFormatMethod") // The annotation is not among the dependencies.
  WeightsException malformed(Throwable cause, String reason, Object... values) {
    return new WeightsException(
        String.format(
            "Not a usable HDF5 file: %s: %s. Expected a whole file as Keras saves it; copy or save"
                + " it again.",
            description, String.format(reason, values)),
        cause);
  }

  /**
   * Runs code of jHDF, and reports whatever it throws for damaged files. A cycle of nodes overflows
   * the stack. A tree that branches without end fills the heap. A file that shrinks while it is
   * mapped causes an internal error.
   */
  <T> T guarded(Supplier<T> code) {
    try {
      return code.get();
    } catch (WeightsException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError | InternalError e) {
      throw malformed(e, "its structure is damaged (%s)", rootMessage(e));
    }
  }

  private void walk(Group group, String path, int depth) {
    if (depth > MAX_DEPTH) {
      throw malformed("its groups are nested more than %s deep", MAX_DEPTH);
    }
    requireCompact(group, path);
    groups.put(path, group);
    for (Node node : group.getChildren().values()) {
      nodes++;
      if (nodes > MAX_NODES) {
        throw malformed("it has more than %s groups and datasets", MAX_NODES);
      }
      String child = path + "/" + node.getName();
      if (node instanceof Link) {
        throw malformed("%s is a link, and links are not followed", quote(child));
      } else if (node instanceof Dataset dataset) {
        datasets.put(child, dataset);
      } else if (node instanceof Group inner) {
        walk(inner, child, depth + 1);
      }
    }
  }

  private void requireCompact(Group group, String path) {
    ObjectHeader header =
        ObjectHeader.readObjectHeader(file.getHdfBackingStorage(), group.getAddress());
    boolean dense =
        header.getMessagesOfType(LinkInfoMessage.class).stream()
                .anyMatch(message -> message.getBTreeNameIndexAddress() != UNDEFINED_ADDRESS)
            || header.getMessagesOfType(AttributeInfoMessage.class).stream()
                .anyMatch(message -> message.getFractalHeapAddress() != UNDEFINED_ADDRESS);
    if (dense) {
      throw malformed(
          "group %s is in the dense form of HDF5's newer versions, which Keras does not write",
          quote(path));
    }
  }

  private static String rootMessage(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String message = root.getClass().getSimpleName() + ": " + root.getMessage();
    return message.length() > 120 ? message.substring(0, 120) + "..." : message;
  }
}
