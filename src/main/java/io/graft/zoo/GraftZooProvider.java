package io.graft.zoo;

import ai.djl.Application;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;
import java.util.Set;

/**
 * Adds Graft's backbones to DJL's model zoos. DJL finds this class as a service, and {@code
 * Criteria} finds a backbone by group and artifact, or by {@code djl://io.graft/vgg16}.
 */
public final class GraftZooProvider implements ZooProvider {

  @Override
  public ModelZoo getModelZoo() {
    return new GraftModelZoo();
  }

  private static final class GraftModelZoo extends ModelZoo {

    GraftModelZoo() {
      ZooRepository repository = new ZooRepository();
      for (BackboneSpec backbone : Zoo.backbones()) {
        addModel(
            repository.model(
                Application.CV.IMAGE_CLASSIFICATION, ZooRepository.GROUP_ID, backbone.name()));
      }
    }

    @Override
    public String getGroupId() {
      return ZooRepository.GROUP_ID;
    }

    @Override
    public Set<String> getSupportedEngines() {
      return Set.of("PyTorch");
    }
  }
}
