package io.graft.weights.pytorch;

import io.graft.tensors.MalformedCheckpointException;
import io.graft.tensors.TensorType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value out of a pickle: as much of it as finding weights needs, and nothing that acts. */
sealed interface Pickled {

  /** Values of which no more needs to be known. */
  enum Plain implements Pickled {
    NONE,
    TRUE,
    FALSE,
    /** A floating point number or bytes. */
    OTHER
  }

  /** A text. */
  record Text(String value) implements Pickled {}

  /** An integer. */
  record Whole(BigInteger value) implements Pickled {
    Whole(long value) {
      this(BigInteger.valueOf(value));
    }
  }

  /** A function that a pickle may name and we answer ourselves. */
  enum Function implements Pickled {
    ORDERED_DICT,
    REBUILD_TENSOR,
    REBUILD_TENSOR_V2,
    REBUILD_PARAMETER,
    /** TorchScript's typed lists: the list given. */
    BUILD_LIST,
    /** TorchScript's type tags: the first value given. */
    RESTORE_TYPE_TAG
  }

  /** The class of the storages of one element type. */
  record StorageClass(TensorType type) implements Pickled {}

  /** A class that TorchScript code in the archive describes; only its name is known. */
  record ScriptClass(String name) implements Pickled {}

  /**
   * Where the elements of tensors are kept.
   *
   * @param key its name in the file
   * @param elements how many elements the pickle says that the file holds under this key
   * @param viewStart the first element that belongs to this view of them
   * @param viewElements how many elements belong to it
   */
  record Storage(String key, TensorType type, long elements, long viewStart, long viewElements)
      implements Pickled {}

  /**
   * A strided view of a storage's elements, checked to lie within it.
   *
   * @param offset the first element, counted from the storage's first one
   * @param shape the dimensions, outermost first
   * @param strides the distance between neighbours on each axis, in elements
   */
  record Tensor(Storage storage, long offset, List<Long> shape, List<Long> strides)
      implements Pickled {}

  /** A list, tuple or set. */
  final class Sequence implements Pickled {
    private final List<Pickled> items;

    Sequence(List<Pickled> items) {
      this.items = items;
    }

    Sequence() {
      this(new ArrayList<>(0));
    }

    List<Pickled> items() {
      return items;
    }
  }

  /** The entries of a dictionary that have a text as key; no others can name weights. */
  final class Dict implements Pickled {
    private final Map<String, Pickled> entries = new LinkedHashMap<>();

    Map<String, Pickled> entries() {
      return entries;
    }

    void put(Pickled key, Pickled value) throws MalformedCheckpointException {
      if (key instanceof Text text && entries.put(text.value(), value) != null) {
        throw new MalformedCheckpointException(
            "its pickle has "
                + MalformedCheckpointException.quote(text.value())
                + " twice in one dictionary");
      }
    }
  }

  /** An object of a {@link ScriptClass}: its attributes by name. */
  final class Instance implements Pickled {
    private final Dict attributes = new Dict();

    Dict attributes() {
      return attributes;
    }
  }

  /** The values directly inside this one. */
  default Iterable<Pickled> children() {
    if (this instanceof Sequence sequence) {
      return sequence.items();
    } else if (this instanceof Dict dict) {
      return dict.entries().values();
    } else if (this instanceof Instance instance) {
      return instance.attributes().entries().values();
    }
    return List.of();
  }
}
