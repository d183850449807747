package io.graft.weights.pytorch;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.tensors.MalformedCheckpointException;
import io.graft.tensors.TensorReads;
import io.graft.tensors.ZipDirectory;
import io.graft.weights.pytorch.Pickled.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The zip form of a PyTorch file. It has a pickle {@code data.pkl} and one stored entry for each
 * storage, all in one folder. {@code torch.jit.save} also writes code, which is not read.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/v2.7.1/caffe2/serialize/inline_container.h">
 *     inline_container.h, which describes it</a>
 */
final class PyTorchZip {

  private PyTorchZip() {}

  static Map<String, StoredTensor> read(FileChannel channel)
      throws IOException, MalformedCheckpointException {
    ZipDirectory zip = new ZipDirectory(channel);
    String folder = zip.firstName().substring(0, zip.firstName().indexOf('/') + 1);
    if (!zip.contains(folder + "data.pkl")) {
      throw new MalformedCheckpointException(
          "its zip archive has no data.pkl in the folder of its first entry, so PyTorch did not"
              + " write it");
    }
    requireLittleEndian(channel, zip, folder + "byteorder");
    ZipDirectory.Span pickle = zip.locate(folder + "data.pkl");
    boolean script = zip.contains(folder + "constants.pkl");
    PickleInput in = new PickleInput(channel, pickle.offset(), pickle.offset() + pickle.size());
    Unpickler unpickler = new Unpickler(in, new TorchGlobals(script));
    Pickled root = unpickler.load();
    if (in.remaining() > 0) {
      throw new MalformedCheckpointException(
          "its data.pkl has %s more bytes after its end", in.remaining());
    }
    List<ZipDirectory.Span> spans = new ArrayList<>(List.of(pickle));
    Map<String, Long> offsets = new HashMap<>();
    for (Storage storage : unpickler.storages().values()) {
      ZipDirectory.Span span = zip.locate(folder + "data/" + storage.key());
      requireSize(storage, span.size());
      spans.add(span);
      offsets.put(storage.key(), span.offset());
    }
    requireApart(spans);
    return StoredTensor.place(StateDict.find(root), offsets);
  }

  /** Checks the byte order. Files before PyTorch 2.1 do not state it and are little-endian. */
  private static void requireLittleEndian(FileChannel channel, ZipDirectory zip, String name)
      throws IOException, MalformedCheckpointException {
    if (!zip.contains(name)) {
      return;
    }
    ZipDirectory.Span span = zip.locate(name);
    ByteBuffer order = ByteBuffer.allocate((int) Math.min(span.size(), 16));
    TensorReads.readFully(channel, span.offset(), order);
    String text = new String(order.array(), StandardCharsets.UTF_8);
    if (!text.equals("little")) {
      throw new MalformedCheckpointException(
          "its byte order is %s; only 'little' is read", quote(text));
    }
  }

  private static void requireSize(Storage storage, long bytes) throws MalformedCheckpointException {
    int elementBytes = storage.type().bytes();
    if (bytes % elementBytes != 0 || bytes / elementBytes != storage.elements()) {
      throw new MalformedCheckpointException(
          "its pickle says that storage %s has %s elements of %s and the archive has %s bytes for"
              + " it",
          quote(storage.key()), storage.elements(), storage.type(), bytes);
    }
  }

  private static void requireApart(List<ZipDirectory.Span> spans)
      throws MalformedCheckpointException {
    spans.sort(Comparator.comparingLong(ZipDirectory.Span::offset));
    long end = 0;
    for (ZipDirectory.Span span : spans) {
      if (span.offset() < end) {
        throw new MalformedCheckpointException("entries of its zip archive overlap");
      }
      end = span.offset() + span.size();
    }
  }
}
