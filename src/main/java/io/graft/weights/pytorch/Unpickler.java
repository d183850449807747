package io.graft.weights.pytorch;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.tensors.MalformedCheckpointException;
import io.graft.tensors.TensorReads;
import io.graft.weights.pytorch.Pickled.Dict;
import io.graft.weights.pytorch.Pickled.Function;
import io.graft.weights.pytorch.Pickled.Instance;
import io.graft.weights.pytorch.Pickled.Plain;
import io.graft.weights.pytorch.Pickled.Sequence;
import io.graft.weights.pytorch.Pickled.Storage;
import io.graft.weights.pytorch.Pickled.Text;
import io.graft.weights.pytorch.Pickled.Whole;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads pickles without running any code. Accepts the instructions that {@code torch.save} and
 * {@code torch.jit.save} write, in protocols 2 to 5, and the globals of {@link TorchGlobals}.
 * Limits the number of values, the stack, the memo and the nesting.
 *
 * @see <a href="https://github.com/python/cpython/blob/3.12/Lib/pickletools.py">pickletools, the
 *     description of the instructions</a>
 */
final class Unpickler {

  private static final int MAX_VALUES = 1_000_000;

  private final PickleInput in;
  private final TorchGlobals globals;
  private final Map<String, Storage> storages = new LinkedHashMap<>();
  private final List<Pickled> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Long, Pickled> memo = new HashMap<>();
  private int values;
  private int tensors;

  Unpickler(PickleInput in, TorchGlobals globals) {
    this.in = in;
    this.globals = globals;
  }

  /** Returns all storages of the pickles read so far, by key. */
  Map<String, Storage> storages() {
    return Collections.unmodifiableMap(storages);
  }

  /** Reads the next pickle. */
  Pickled load() throws IOException, MalformedCheckpointException {
    stack.clear();
    marks.clear();
    memo.clear();
    int instruction = in.readUnsignedByte();
    while (instruction != '.') {
      execute(instruction);
      instruction = in.readUnsignedByte();
    }
    Pickled value = pop();
    if (!stack.isEmpty()) {
      throw malformed("ends with unused values");
    }
    PickleTree.require(value);
    return value;
  }

  private void execute(int instruction) throws IOException, MalformedCheckpointException {
    switch (instruction) {
      case 0x80 -> requireProtocol(in.readUnsignedByte());
      case 0x95 -> requireFrame(in.readLittleEndian(8));
      case 'N' -> push(Plain.NONE);
      case 0x88 -> push(Plain.TRUE);
      case 0x89 -> push(Plain.FALSE);
      case 'J' -> push(new Whole((int) in.readLittleEndian(4)));
      case 'K' -> push(new Whole(in.readUnsignedByte()));
      case 'M' -> push(new Whole(in.readLittleEndian(2)));
      case 0x8a -> push(in.readInteger(in.readUnsignedByte()));
      case 0x8b -> push(in.readInteger(in.readLittleEndian(4)));
      case 'G' -> pushOther(8);
      case 'X' -> push(new Text(in.readUtf8(in.readLittleEndian(4))));
      case 0x8c -> push(new Text(in.readUtf8(in.readUnsignedByte())));
      case 0x8d -> push(new Text(in.readUtf8(in.readLittleEndian(8))));
      // Python 2 wrote texts as bytes.
      case 'U' -> push(readByteText(in.readUnsignedByte()));
      case 'T' -> push(readByteText(in.readLittleEndian(4)));
      case 'C' -> pushOther(in.readUnsignedByte());
      case 'B' -> pushOther(in.readLittleEndian(4));
      case 0x8e, 0x96 -> pushOther(in.readLittleEndian(8));
      case ']', ')', 0x8f -> push(new Sequence());
      case '}' -> push(new Dict());
      case '(' -> mark();
      case 't' -> push(new Sequence(popToMark()));
      case 0x85, 0x86, 0x87 -> push(popTuple(instruction - 0x84));
      case 'a' -> append(List.of(pop()));
      case 'e', 0x90 -> append(popToMark());
      case 's' -> setItem();
      case 'u' -> setItems(popToMark());
      case 'q' -> remember(in.readUnsignedByte());
      case 'r' -> remember(in.readLittleEndian(4));
      case 0x94 -> remember(memo.size());
      case 'h' -> push(recall(in.readUnsignedByte()));
      case 'j' -> push(recall(in.readLittleEndian(4)));
      case 'c' -> push(globals.resolve(in.readLine(), in.readLine()));
      case 0x93 -> pushStackGlobal();
      case 'R' -> reduce();
      case 0x81 -> instantiate();
      case 0x92 -> {
        pop(); // The arguments with names, which follow the others.
        instantiate();
      }
      case 0x91 -> push(new Sequence(popToMark()));
      case 'b' -> build();
      case 'Q' -> pushDescribed(pop());
      default ->
          throw malformed(
              String.format(
                  "uses instruction 0x%02x, which torch.save does not write", instruction));
    }
  }

  private void push(Pickled value) throws MalformedCheckpointException {
    if (++values > MAX_VALUES) {
      throw malformed("holds more than " + MAX_VALUES + " values");
    }
    stack.add(value);
  }

  private Pickled pop() throws MalformedCheckpointException {
    int bottom = marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
    if (stack.size() <= bottom) {
      throw malformed("takes a value where there is none");
    }
    return stack.remove(stack.size() - 1);
  }

  private Pickled top() throws MalformedCheckpointException {
    Pickled value = pop();
    stack.add(value);
    return value;
  }

  private void mark() throws MalformedCheckpointException {
    if (marks.size() == PickleTree.MAX_DEPTH) {
      throw malformed("nests deeper than " + PickleTree.MAX_DEPTH + " levels");
    }
    marks.add(stack.size());
  }

  private List<Pickled> popToMark() throws MalformedCheckpointException {
    if (marks.isEmpty()) {
      throw malformed("ends a group that it did not begin");
    }
    List<Pickled> group = stack.subList(marks.remove(marks.size() - 1), stack.size());
    List<Pickled> items = new ArrayList<>(group);
    group.clear();
    return items;
  }

  private Sequence popTuple(int count) throws MalformedCheckpointException {
    List<Pickled> items = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      items.add(0, pop());
    }
    return new Sequence(items);
  }

  private void pushOther(long bytes) throws MalformedCheckpointException {
    in.skip(bytes);
    push(Plain.OTHER);
  }

  private Text readByteText(long bytes) throws IOException, MalformedCheckpointException {
    return new Text(new String(in.readBytes(bytes), StandardCharsets.ISO_8859_1));
  }

  private void append(List<Pickled> items) throws MalformedCheckpointException {
    if (top() instanceof Sequence sequence) {
      sequence.items().addAll(items);
    } else if (!(top() instanceof Instance)) {
      // The items of an object that is like a list are no weights.
      throw malformed("appends to something that is not a list");
    }
  }

  private void setItem() throws MalformedCheckpointException {
    Pickled value = pop();
    setItems(List.of(pop(), value));
  }

  private void setItems(List<Pickled> items) throws MalformedCheckpointException {
    Pickled target = top() instanceof Instance object ? object.attributes() : top();
    if (!(target instanceof Dict dict) || items.size() % 2 != 0) {
      throw malformed("sets items of something that is not a dictionary, or half an item");
    }
    for (int i = 0; i < items.size(); i += 2) {
      dict.put(items.get(i), items.get(i + 1));
    }
  }

  private void remember(long index) throws MalformedCheckpointException {
    memo.put(index, top());
    if (memo.size() > MAX_VALUES) {
      throw malformed("remembers more than " + MAX_VALUES + " values");
    }
  }

  private Pickled recall(long index) throws MalformedCheckpointException {
    Pickled value = memo.get(index);
    if (value == null) {
      throw malformed("recalls value " + index + ", which it did not remember");
    }
    return value;
  }

  private void pushStackGlobal() throws MalformedCheckpointException {
    Pickled name = pop();
    Pickled module = pop();
    if (!(name instanceof Text nameText) || !(module instanceof Text moduleText)) {
      throw malformed("names a global by something that is not a text");
    }
    push(globals.resolve(moduleText.value(), nameText.value()));
  }

  private void reduce() throws MalformedCheckpointException {
    Pickled arguments = pop();
    Pickled function = pop();
    Pickled value = TorchGlobals.call(function, arguments);
    boolean made = value instanceof Pickled.Tensor && function != Function.REBUILD_PARAMETER;
    if (made && ++tensors > TensorReads.MAX_TENSORS) {
      throw malformed("holds more than " + TensorReads.MAX_TENSORS + " tensors");
    }
    push(value);
  }

  private void instantiate() throws MalformedCheckpointException {
    pop();
    Pickled type = pop();
    if (!(type instanceof Pickled.ScriptClass) && !(type instanceof Pickled.Unknown)) {
      throw malformed("makes an object of something that is not a class");
    }
    push(new Instance());
  }

  private void build() throws MalformedCheckpointException {
    Pickled state = pop();
    Pickled target = top();
    if (target instanceof Instance instance && state instanceof Dict dict) {
      for (Map.Entry<String, Pickled> entry : dict.entries().entrySet()) {
        instance.attributes().put(new Text(entry.getKey()), entry.getValue());
      }
    } else if (!(target instanceof Instance) && !(target instanceof Dict)) {
      // The state of an ordered dictionary is its _metadata, which names no weights.
      throw malformed("sets the state of something that has none");
    }
  }

  private void pushDescribed(Pickled id) throws MalformedCheckpointException {
    Pickled type = TorchGlobals.describedClass(id);
    push(type == null ? register(TorchGlobals.storage(id)) : type);
  }

  private Storage register(Storage storage) throws MalformedCheckpointException {
    Storage known = storages.putIfAbsent(storage.key(), storage);
    if (known != null
        && (known.type() != storage.type() || known.elements() != storage.elements())) {
      throw malformed("describes storage " + quote(storage.key()) + " in two different ways");
    }
    return storage;
  }

  private void requireProtocol(int protocol) throws MalformedCheckpointException {
    if (protocol < 2 || protocol > 5) {
      throw malformed("is of protocol " + protocol + "; 2 to 5 are read");
    }
  }

  private void requireFrame(long bytes) throws MalformedCheckpointException {
    if (bytes < 0 || bytes > in.remaining()) {
      throw malformed(
          "claims " + Long.toUnsignedString(bytes) + " bytes and " + in.remaining() + " follow");
    }
  }

  private MalformedCheckpointException malformed(String what) {
    return new MalformedCheckpointException("its pickle %s (before byte %s)", what, in.position());
  }
}
