package io.graft.zoo;

import ai.djl.Application;
import ai.djl.repository.zoo.ModelZoo;
import java.util.Set;

/**
 * The zoo as DJL sees it, so that {@code Criteria} finds a backbone by group and artifact, or by
 * {@code djl://io.graft/vgg16}.
 */
final class GraftModelZoo extends ModelZoo {

  static final String GROUP_ID = "io.graft";

  GraftModelZoo() {
    ZooRepository repository = new ZooRepository();
    for (BackboneSpec backbone : Zoo.backbones()) {
      addModel(repository.model(Application.CV.IMAGE_CLASSIFICATION, GROUP_ID, backbone.name()));
    }
  }

  @Override
  public String getGroupId() {
    return GROUP_ID;
  }

  @Override
  public Set<String> getSupportedEngines() {
    return Set.of("PyTorch");
  }
}
