package io.graft.nn;

/**
 * The one place at which training cuts a network: everything before it is frozen and runs once per
 * image, everything after it is trained on what the frozen part gave.
 *
 * @param network the whole network, frozen and trainable part
 * @param index how many of its layers are frozen
 */
public record FreezeBoundary(Network network, int index) {

  /** The layers before the boundary. */
  public Network frozen() {
    return network.prefix(index);
  }

  /** The layers after the boundary; the rows it takes are the frozen part's output. */
  public Network trainable() {
    return network.suffix(index);
  }

  /** The name of the last frozen layer. */
  public String layerName() {
    return network.layers().get(index - 1).name();
  }
}
