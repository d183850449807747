package io.graft.weights.keras;

import io.graft.runtime.WeightsException;
import io.jhdf.HdfFile;
import io.jhdf.ObjectHeader;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Link;
import io.jhdf.api.Node;
import io.jhdf.object.message.AttributeInfoMessage;
import io.jhdf.object.message.LinkInfoMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The tree of groups and datasets in an HDF5 file, read by jHDF and bounded by us.
 *
 * <p>jHDF reads over a mapping of the whole file, so that a length that the file claims is a slice
 * of the mapping, checked, and never an allocation. Links are not followed: a link can name another
 * file. Structures whose sizes are claims alone (dense links and attributes) are refused; Keras
 * writes none.
 *
 * @see <a href="https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html">The HDF5
 *     format</a>
 */
public final class Hdf5File {

  /** The first eight bytes of every such file. */
  private static final byte[] SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  private static final int MAX_NODES = 100_000;
  private static final int MAX_DEPTH = 32;

  /** Returns whether a file that begins with these bytes is one. */
  public static boolean isBegunBy(byte[] first) {
    return first.length >= SIGNATURE.length
        && Arrays.equals(first, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length);
  }

  private static final long UNDEFINED_ADDRESS = -1;

  private final String description;
  private final FileChannel channel;
  private final long start;
  private final long size;
  private final HdfFile file;
  private final Map<String, Dataset> datasets = new LinkedHashMap<>();
  private final Map<String, Group> groups = new LinkedHashMap<>();
  private int nodes;

  private Hdf5File(String description, FileChannel channel, long start, long size)
      throws IOException {
    this.description = description;
    this.channel = channel;
    this.start = start;
    this.size = size;
    if (size > Integer.MAX_VALUE) {
      throw malformed("it has " + size + " bytes and HDF5 files of less than 2 GiB are read", null);
    }
    ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, start, size);
    if (size < SIGNATURE.length
        || !bytes.slice(0, SIGNATURE.length).equals(ByteBuffer.wrap(SIGNATURE))) {
      throw malformed("it does not begin with HDF5's signature", null);
    }
    this.file = guarded(() -> HdfFile.fromByteBuffer(bytes));
    long end = guarded(() -> file.getHdfBackingStorage().getSuperblock().getEndOfFileAddress());
    if (end > size || end < 0) {
      throw malformed("it is cut off: " + size + " of " + end + " bytes are here", null);
    }
    guarded(
        () -> {
          walk(file, "", 0);
          return null;
        });
  }

  /**
   * Reads the tree.
   *
   * @param description what to call the file in messages
   * @param channel stays open and belongs to the caller
   * @param start where the HDF5 bytes begin in the channel
   * @param size how many there are
   * @throws WeightsException if they are not a whole HDF5 file
   * @throws IOException if the channel cannot be read
   */
  static Hdf5File open(String description, FileChannel channel, long start, long size)
      throws IOException {
    return new Hdf5File(description, channel, start, size);
  }

  /** The paths of all datasets, {@code /group/dataset}, in the order of the file. */
  Set<String> paths() {
    return Collections.unmodifiableSet(datasets.keySet());
  }

  /**
   * One dataset, checked to lie within the file.
   *
   * @param path a path out of {@link #paths()}
   */
  Hdf5Dataset dataset(String path) {
    return guarded(() -> Hdf5Dataset.of(this, path, datasets.get(path)));
  }

  /** A single text attribute of a group; the root's path is empty. */
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

  /** How many bytes the file has. */
  long size() {
    return size;
  }

  /** Reads bytes at an address of the file, filling the buffer. */
  void read(long address, ByteBuffer destination) {
    if (address < 0 || address > size - destination.remaining()) {
      throw malformed("bytes behind its end are asked for", null);
    }
    long next = start + address;
    try {
      while (destination.hasRemaining()) {
        int count = channel.read(destination, next);
        if (count < 0) {
          throw malformed("it became shorter while it was read", null);
        }
        next += count;
      }
    } catch (IOException e) {
      throw malformed("reading it failed: " + e.getMessage(), e);
    }
  }

  /** An error about this file; the reason continues a sentence. */
  WeightsException malformed(String reason, Throwable cause) {
    return new WeightsException(
        "Not a usable HDF5 file: "
            + description
            + ": "
            + reason
            + ". Expected a whole file as Keras saves it; copy or save it again.",
        cause);
  }

  /**
   * Runs code of jHDF. What it throws on damaged files is of every kind: a cycle of nodes overflows
   * the stack, a tree that branches without end the heap, and a file that shrinks while it is
   * mapped gives an internal error.
   */
  <T> T guarded(Supplier<T> code) {
    try {
      return code.get();
    } catch (WeightsException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError | InternalError e) {
      throw malformed("its structure is damaged (" + rootMessage(e) + ")", e);
    }
  }

  private void walk(Group group, String path, int depth) {
    if (depth > MAX_DEPTH) {
      throw malformed("its groups are nested more than " + MAX_DEPTH + " deep", null);
    }
    requireCompact(group, path);
    groups.put(path, group);
    for (Node node : group.getChildren().values()) {
      nodes++;
      if (nodes > MAX_NODES) {
        throw malformed("it has more than " + MAX_NODES + " groups and datasets", null);
      }
      String child = path + "/" + node.getName();
      if (node instanceof Link) {
        throw malformed("'" + shortened(child) + "' is a link, and links are not followed", null);
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
          "group '"
              + shortened(path)
              + "' is in the dense form of HDF5's newer versions, which Keras does not write",
          null);
    }
  }

  private static String rootMessage(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String message = root.getClass().getSimpleName() + ": " + root.getMessage();
    return shortened(message);
  }

  static String shortened(String text) {
    return text.length() > 120 ? text.substring(0, 120) + "..." : text;
  }
}
