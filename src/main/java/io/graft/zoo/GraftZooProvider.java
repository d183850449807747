package io.graft.zoo;

import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;

/** Makes the zoo known to DJL, which finds this class as a service. */
public final class GraftZooProvider implements ZooProvider {

  @Override
  public ModelZoo getModelZoo() {
    return new GraftModelZoo();
  }
}
