package io.graft.weights.pytorch;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.tensors.MalformedCheckpointException;
import io.graft.tensors.TensorType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value of a pickle, reduced to what is needed to find weights. */
sealed interface Pickled {

  /** A value without further content. */
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

  /** A function that a pickle may name and that Graft implements. */
  enum Function implements Pickled {
    ORDERED_DICT,
    REBUILD_TENSOR,
    REBUILD_TENSOR_V2,
    REBUILD_PARAMETER,
    REBUILD_PARAMETER_WITH_STATE,
    /** Rebuilds a tensor by another of these functions, and gives it attributes. */
    REBUILD_FROM_TYPE,
    /** Returns the given list, which is one of TorchScript's typed lists. */
    BUILD_LIST,
    /** Returns the first given value, which has a type tag of TorchScript. */
    RESTORE_TYPE_TAG
  }

  /** The class of storages with one element type. */
  record StorageClass(TensorType type) implements Pickled {}

  /** A class from the TorchScript code in the archive. Only its name is known. */
  record ScriptClass(String name) implements Pickled {}

  /**
   * A class or function that Graft does not know. Objects of a class are read as their attributes,
   * and nothing of it runs.
   */
  record Unknown(String name) implements Pickled {}

  /**
   * The elements of tensors in a file.
   *
   * @param key the name of the storage in the file
   * @param elements the number of elements under this key, as the pickle claims
   * @param viewStart the first element of this view
   * @param viewElements the number of elements of this view
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

  /** The entries of a dictionary that have texts as keys. Other keys cannot name weights. */
  final class Dict implements Pickled {
    private final Map<String, Pickled> entries = new LinkedHashMap<>();

    Map<String, Pickled> entries() {
      return entries;
    }

    void put(Pickled key, Pickled value) throws MalformedCheckpointException {
      if (key instanceof Text text && entries.put(text.value(), value) != null) {
        throw new MalformedCheckpointException(
            "its pickle has %s twice in one dictionary", quote(text.value()));
      }
    }
  }

  /** An object of a {@link ScriptClass} or of a class that is not known: its attributes by name. */
  final class Instance implements Pickled {
    private final Dict attributes = new Dict();

    Dict attributes() {
      return attributes;
    }
  }

  /** Returns the values directly inside this one. */
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
