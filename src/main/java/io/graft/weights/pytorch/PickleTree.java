package io.graft.weights.pytorch;

import io.graft.tensors.MalformedCheckpointException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;

/**
 * Checks that no value of a pickle contains itself or is nested too deeply. Objects are passed
 * over: programs store settings whose objects know the object around them, and those who look into
 * modules count their steps.
 */
final class PickleTree {

  /** The deepest nesting of values that is accepted. */
  static final int MAX_DEPTH = 256;

  private PickleTree() {}

  static void require(Pickled root) throws MalformedCheckpointException {
    if (root instanceof Pickled.Instance) {
      return;
    }
    IdentityHashMap<Pickled, Boolean> open = new IdentityHashMap<>();
    Deque<Pickled> path = new ArrayDeque<>();
    Deque<Iterator<Pickled>> pending = new ArrayDeque<>();
    path.push(root);
    pending.push(root.children().iterator());
    open.put(root, true);
    while (!path.isEmpty()) {
      if (!pending.element().hasNext()) {
        open.put(path.pop(), false);
        pending.pop();
        continue;
      }
      Pickled child = pending.element().next();
      Iterator<Pickled> inside = child.children().iterator();
      if (child instanceof Pickled.Instance || !inside.hasNext()) {
        continue;
      }
      Boolean isOpen = open.putIfAbsent(child, true);
      if (isOpen == null) {
        path.push(child);
        pending.push(inside);
      } else if (isOpen) {
        throw new MalformedCheckpointException("its pickle holds a value that contains itself");
      }
      if (path.size() > MAX_DEPTH) {
        throw new MalformedCheckpointException("its pickle nests deeper than %s levels", MAX_DEPTH);
      }
    }
  }
}
