package io.graft.weights.pytorch;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.tensors.MalformedCheckpointException;
import io.graft.tensors.TensorReads;
import io.graft.weights.pytorch.Pickled.Dict;
import io.graft.weights.pytorch.Pickled.Plain;
import io.graft.weights.pytorch.Pickled.Sequence;
import io.graft.weights.pytorch.Pickled.Storage;
import io.graft.weights.pytorch.Pickled.Text;
import io.graft.weights.pytorch.Pickled.Whole;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.Map;

/**
 * The format of PyTorch files before version 1.6. A file has five pickles: a magic number, a
 * protocol version, facts about the system, the values, and the keys of the storages. The element
 * count and bytes of each storage follow.
 *
 * @see <a href="https://github.com/pytorch/pytorch/blob/v2.7.1/torch/serialization.py">{@code
 *     _legacy_save} in torch/serialization.py</a>
 */
final class PyTorchLegacy {

  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final BigInteger VERSION = BigInteger.valueOf(1001);
  private static final int PROTOCOL = 0x80;
  private static final int LONG1 = 0x8a;
  private static final int FRAME_BYTES = 9;

  private PyTorchLegacy() {}

  static boolean looksLike(byte[] head) {
    return magicAt(head, 2) || magicAt(head, 2 + FRAME_BYTES);
  }

  private static boolean magicAt(byte[] head, int at) {
    byte[] digits = MAGIC.toByteArray();
    if (head.length < at + 2 + digits.length
        || Byte.toUnsignedInt(head[0]) != PROTOCOL
        || Byte.toUnsignedInt(head[at]) != LONG1
        || head[at + 1] != digits.length) {
      return false;
    }
    for (int i = 0; i < digits.length; i++) {
      if (head[at + 2 + i] != digits[digits.length - 1 - i]) {
        return false;
      }
    }
    return true;
  }

  static Map<String, StoredTensor> read(FileChannel channel)
      throws IOException, MalformedCheckpointException {
    PickleInput in = new PickleInput(channel, 0, channel.size());
    Unpickler unpickler = new Unpickler(in, new TorchGlobals(false));
    requireNumber(unpickler.load(), MAGIC, "magic number");
    requireNumber(unpickler.load(), VERSION, "protocol version");
    requireLittleEndian(unpickler.load());
    Pickled root = unpickler.load();
    Pickled keys = unpickler.load();
    Map<String, Long> offsets = storageOffsets(channel, in.position(), keys, unpickler.storages());
    return StoredTensor.place(StateDict.find(root), offsets);
  }

  private static Map<String, Long> storageOffsets(
      FileChannel channel, long start, Pickled keys, Map<String, Storage> storages)
      throws IOException, MalformedCheckpointException {
    if (!(keys instanceof Sequence sequence)) {
      throw new MalformedCheckpointException("its storages' keys are not a list");
    }
    long size = channel.size();
    long at = start;
    Map<String, Long> offsets = new HashMap<>();
    ByteBuffer count = ByteBuffer.allocate(Long.BYTES);
    for (Pickled key : sequence.items()) {
      Storage storage = key instanceof Text text ? storages.get(text.value()) : null;
      if (storage == null || offsets.containsKey(storage.key())) {
        throw new MalformedCheckpointException(
            "its list of storages names one twice, or names one that no tensor uses");
      }
      if (size - at < Long.BYTES) {
        throw cut(storage, size - at);
      }
      count.clear();
      TensorReads.readFully(channel, at, count);
      long elements = count.getLong(0);
      if (elements != storage.elements()) {
        throw new MalformedCheckpointException(
            "its pickle says that storage %s has %s elements of %s and the data say %s",
            quote(storage.key()), storage.elements(), storage.type(), elements);
      }
      at += Long.BYTES;
      if (elements > (size - at) / storage.type().bytes()) {
        throw cut(storage, size - at);
      }
      offsets.put(storage.key(), at);
      at += elements * storage.type().bytes();
    }
    if (offsets.size() != storages.size()) {
      throw new MalformedCheckpointException(
          "its tensors use %s storages and it lists %s of them", storages.size(), offsets.size());
    }
    if (at != size) {
      throw new MalformedCheckpointException(
          "%s bytes after its last storage belong to no storage", size - at);
    }
    return offsets;
  }

  private static void requireNumber(Pickled value, BigInteger expected, String what)
      throws MalformedCheckpointException {
    if (!(value instanceof Whole whole) || !whole.value().equals(expected)) {
      throw new MalformedCheckpointException("its %s is not %s", what, expected);
    }
  }

  private static void requireLittleEndian(Pickled system) throws MalformedCheckpointException {
    boolean little =
        system instanceof Dict dict && dict.entries().get("little_endian") == Plain.TRUE;
    if (!little) {
      throw new MalformedCheckpointException(
          "it does not say that it is little-endian; other byte orders are not read");
    }
  }

  private static MalformedCheckpointException cut(Storage storage, long left) {
    return new MalformedCheckpointException(
        "storage %s should have %s elements of %s and %s bytes are left: it is cut off or damaged",
        quote(storage.key()), storage.elements(), storage.type(), left);
  }
}
