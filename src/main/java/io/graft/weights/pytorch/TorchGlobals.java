package io.graft.weights.pytorch;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.tensors.MalformedCheckpointException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import io.graft.weights.pytorch.Pickled.Dict;
import io.graft.weights.pytorch.Pickled.Function;
import io.graft.weights.pytorch.Pickled.Instance;
import io.graft.weights.pytorch.Pickled.Plain;
import io.graft.weights.pytorch.Pickled.ScriptClass;
import io.graft.weights.pytorch.Pickled.Sequence;
import io.graft.weights.pytorch.Pickled.Storage;
import io.graft.weights.pytorch.Pickled.StorageClass;
import io.graft.weights.pytorch.Pickled.Tensor;
import io.graft.weights.pytorch.Pickled.Text;
import io.graft.weights.pytorch.Pickled.Unknown;
import io.graft.weights.pytorch.Pickled.Whole;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The Python globals that weights need, which Graft implements. All others stand for nothing but
 * their names. A call of one is refused, except of those whose results are passed over.
 *
 * @see <a href="https://github.com/pytorch/pytorch/blob/v2.7.1/torch/_utils.py">torch/_utils.py,
 *     which defines the functions</a>
 */
final class TorchGlobals {

  private static final int MAX_DIMENSIONS = 32;

  /** The most elements of a tensor whose strides of 0 repeat the elements of its storage. */
  private static final long MAX_EXPANDED_ELEMENTS = 1L << 24;

  private static final BigInteger MAX_LONG = BigInteger.valueOf(Long.MAX_VALUE);

  private static final Map<String, Pickled> WEIGHTS =
      Map.ofEntries(
          Map.entry("collections.OrderedDict", Function.ORDERED_DICT),
          Map.entry("torch._utils._rebuild_tensor", Function.REBUILD_TENSOR),
          Map.entry("torch._utils._rebuild_tensor_v2", Function.REBUILD_TENSOR_V2),
          Map.entry("torch._utils._rebuild_parameter", Function.REBUILD_PARAMETER),
          Map.entry(
              "torch._utils._rebuild_parameter_with_state", Function.REBUILD_PARAMETER_WITH_STATE),
          Map.entry("torch._tensor._rebuild_from_type_v2", Function.REBUILD_FROM_TYPE),
          Map.entry("torch.FloatStorage", new StorageClass(TensorType.F32)),
          Map.entry("torch.DoubleStorage", new StorageClass(TensorType.F64)),
          Map.entry("torch.HalfStorage", new StorageClass(TensorType.F16)),
          Map.entry("torch.BFloat16Storage", new StorageClass(TensorType.BF16)),
          Map.entry("torch.LongStorage", new StorageClass(TensorType.I64)),
          Map.entry("torch.IntStorage", new StorageClass(TensorType.I32)),
          Map.entry("torch.ShortStorage", new StorageClass(TensorType.I16)),
          Map.entry("torch.CharStorage", new StorageClass(TensorType.I8)),
          Map.entry("torch.ByteStorage", new StorageClass(TensorType.U8)),
          Map.entry("torch.BoolStorage", new StorageClass(TensorType.BOOL)));

  private static final Map<String, Pickled> SCRIPT =
      Map.of(
          "torch.jit._pickle.build_intlist", Function.BUILD_LIST,
          "torch.jit._pickle.build_doublelist", Function.BUILD_LIST,
          "torch.jit._pickle.build_boollist", Function.BUILD_LIST,
          "torch.jit._pickle.build_tensorlist", Function.BUILD_LIST,
          "torch.jit._pickle.restore_type_tag", Function.RESTORE_TYPE_TAG);

  private final boolean script;

  /** Creates the globals of a TorchScript archive, which has its own classes, or another file. */
  TorchGlobals(boolean script) {
    this.script = script;
  }

  /** Returns what a name stands for. A name that is not known stands for itself only. */
  Pickled resolve(String module, String name) {
    String home =
        module.equals("__builtin__") ? "builtins" : module.equals("copy_reg") ? "copyreg" : module;
    String global = home + "." + name;
    Pickled known = WEIGHTS.get(global);
    if (known == null && script) {
      known =
          (module + ".").startsWith("__torch__.") ? new ScriptClass(global) : SCRIPT.get(global);
    }
    return known == null ? new Unknown(global) : known;
  }

  static Pickled call(Pickled function, Pickled arguments) throws MalformedCheckpointException {
    if (function instanceof Unknown unknown && arguments instanceof Sequence) {
      if (unknown.name().equals("collections.defaultdict")) {
        return new Dict();
      } else if (PassedOver.contains(unknown.name())) {
        return new Instance();
      }
      throw new MalformedCheckpointException(
          "its pickle asks for %s, which weights do not need; it was refused and nothing was run",
          quote(unknown.name()));
    }
    if (!(function instanceof Function known) || !(arguments instanceof Sequence sequence)) {
      throw new MalformedCheckpointException("its pickle calls something that is not a function");
    }
    List<Pickled> items = sequence.items();
    return switch (known) {
      case ORDERED_DICT -> orderedDict(items);
      case REBUILD_TENSOR -> tensor(known, items, 4, 4);
      case REBUILD_TENSOR_V2 -> tensor(known, items, 6, 7);
      case REBUILD_PARAMETER -> {
        requireCount(known, items, 3, 3);
        yield as(Tensor.class, items.get(0), "a parameter's tensor");
      }
      case REBUILD_PARAMETER_WITH_STATE -> {
        requireCount(known, items, 4, 4);
        yield as(Tensor.class, items.get(0), "a parameter's tensor");
      }
      case REBUILD_FROM_TYPE -> {
        requireCount(known, items, 4, 4);
        yield as(Tensor.class, call(items.get(0), items.get(2)), "a tensor with a type");
      }
      case BUILD_LIST -> {
        requireCount(known, items, 1, 1);
        yield as(Sequence.class, items.get(0), "a list");
      }
      case RESTORE_TYPE_TAG -> {
        requireCount(known, items, 2, 2);
        yield items.get(0);
      }
    };
  }

  /** Creates a dictionary. Python 3 gives no arguments here; Python 2 gives a list of pairs. */
  private static Dict orderedDict(List<Pickled> arguments) throws MalformedCheckpointException {
    requireCount(Function.ORDERED_DICT, arguments, 0, 1);
    Dict dict = new Dict();
    for (Pickled argument : arguments) {
      for (Pickled pair : as(Sequence.class, argument, "a list of items").items()) {
        List<Pickled> item = as(Sequence.class, pair, "an item").items();
        requireCount(Function.ORDERED_DICT, item, 2, 2);
        dict.put(item.get(0), item.get(1));
      }
    }
    return dict;
  }

  /**
   * Returns the class that a persistent id describes, or null if it describes another thing. The
   * older format stores the source of a whole model's classes there.
   */
  static Pickled describedClass(Pickled id) {
    boolean described =
        id instanceof Sequence fields
            && fields.items().size() == 4
            && fields.items().get(0) instanceof Text kind
            && kind.value().equals("module")
            && fields.items().get(1) instanceof Unknown;
    return described ? ((Sequence) id).items().get(1) : null;
  }

  /** Returns the storage that a persistent id describes. */
  static Storage storage(Pickled id) throws MalformedCheckpointException {
    List<Pickled> fields = as(Sequence.class, id, "a storage's description").items();
    if (fields.size() < 5
        || fields.size() > 6
        || !(fields.get(0) instanceof Text kind)
        || !kind.value().equals("storage")) {
      throw new MalformedCheckpointException(
          "its pickle refers to something outside that is not a storage");
    }
    TensorType type = as(StorageClass.class, fields.get(1), "a storage's class").type();
    String key = as(Text.class, fields.get(2), "a storage's key").value();
    long elements = count(fields.get(4), "the size of storage " + quote(key));
    if (fields.size() == 5 || fields.get(5) == Plain.NONE) {
      return new Storage(key, type, elements, 0, elements);
    }
    List<Pickled> view = as(Sequence.class, fields.get(5), "a view of a storage").items();
    if (view.size() != 3) {
      throw new MalformedCheckpointException(
          "its pickle has a view of storage %s with %s fields", quote(key), view.size());
    }
    long start = count(view.get(1), "a view's start");
    long viewElements = count(view.get(2), "a view's size");
    if (start > elements || viewElements > elements - start) {
      throw new MalformedCheckpointException(
          "its pickle has a view of elements %s and %s more of storage %s, which has %s",
          start, viewElements, quote(key), elements);
    }
    return new Storage(key, type, elements, start, viewElements);
  }

  private static Tensor tensor(Function function, List<Pickled> arguments, int least, int most)
      throws MalformedCheckpointException {
    requireCount(function, arguments, least, most);
    Storage storage = as(Storage.class, arguments.get(0), "a tensor's storage");
    long offset = count(arguments.get(1), "a tensor's offset");
    List<Long> shape = counts(arguments.get(2), "a tensor's shape");
    List<Long> strides = counts(arguments.get(3), "a tensor's strides");
    if (arguments.size() == 7
        && arguments.get(6) != Plain.NONE
        && !as(Dict.class, arguments.get(6), "a tensor's metadata").entries().isEmpty()) {
      throw new MalformedCheckpointException(
          "its pickle has a tensor with metadata (such as a negated view), which is not read");
    }
    Tensor tensor = new Tensor(storage, offset, shape, strides);
    requireInside(tensor);
    return tensor;
  }

  private static void requireInside(Tensor tensor) throws MalformedCheckpointException {
    Storage storage = tensor.storage();
    boolean inside = tensor.shape().size() == tensor.strides().size();
    try {
      long elements = new TensorInfo("", storage.type(), tensor.shape()).elements();
      long last = tensor.offset();
      for (int axis = 0; inside && elements > 0 && axis < tensor.shape().size(); axis++) {
        long steps = tensor.shape().get(axis) - 1;
        last = Math.addExact(last, Math.multiplyExact(steps, tensor.strides().get(axis)));
      }
      inside &= elements == 0 ? last <= storage.viewElements() : last < storage.viewElements();
      inside &= elements <= Math.max(storage.viewElements(), MAX_EXPANDED_ELEMENTS);
    } catch (ArithmeticException e) {
      inside = false;
    }
    if (!inside) {
      throw new MalformedCheckpointException(
          "its pickle has a tensor of shape %s, strides %s and offset %s that does not fit storage"
              + " %s of %s elements",
          tensor.shape(),
          tensor.strides(),
          tensor.offset(),
          quote(storage.key()),
          storage.viewElements());
    }
  }

  private static List<Long> counts(Pickled value, String what) throws MalformedCheckpointException {
    List<Pickled> items = as(Sequence.class, value, what).items();
    if (items.size() > MAX_DIMENSIONS) {
      throw new MalformedCheckpointException(
          "its pickle has %s with more than %s dimensions", what, MAX_DIMENSIONS);
    }
    List<Long> numbers = new ArrayList<>(items.size());
    for (Pickled item : items) {
      numbers.add(count(item, what));
    }
    return numbers;
  }

  private static long count(Pickled value, String what) throws MalformedCheckpointException {
    BigInteger number = as(Whole.class, value, what).value();
    if (number.signum() < 0 || number.compareTo(MAX_LONG) > 0) {
      throw new MalformedCheckpointException("its pickle has %s outside of 0 to 2^63 - 1", what);
    }
    return number.longValue();
  }

  private static <T extends Pickled> T as(Class<T> kind, Pickled value, String what)
      throws MalformedCheckpointException {
    if (!kind.isInstance(value)) {
      throw new MalformedCheckpointException(
          "its pickle has %s of another type than PyTorch writes", what);
    }
    return kind.cast(value);
  }

  private static void requireCount(Function function, List<Pickled> items, int least, int most)
      throws MalformedCheckpointException {
    if (items.size() < least || items.size() > most) {
      throw new MalformedCheckpointException(
          "its pickle gives %s %s arguments", function, items.size());
    }
  }
}
