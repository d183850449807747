package io.graft.zoo;

import ai.djl.Application;
import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.util.Progress;
import io.graft.runtime.CacheFolder;
import io.graft.runtime.TorchRuntime;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A DJL repository without files. Each artifact names {@link FrozenBlockFactory}, which opens the
 * weights and builds the frozen block.
 */
final class ZooRepository extends AbstractRepository {

  static final String GROUP_ID = "io.graft";

  private final List<MRL> resources = new ArrayList<>();

  ZooRepository() {
    super("graft", URI.create("djl://" + GROUP_ID + "/"));
  }

  @Override
  public boolean isRemote() {
    return false;
  }

  @Override
  public Metadata locate(MRL mrl) {
    // The native libraries must be chosen before DJL creates the engine. DJL calls this earlier.
    TorchRuntime.load();
    Artifact artifact = new Artifact();
    artifact.setName(mrl.getArtifactId());
    artifact.setVersion("1.0.0");
    artifact.setProperties(Map.of());
    artifact.setFiles(Map.of());
    artifact.setArguments(
        Map.of(
            "blockFactory",
            FrozenBlockFactory.class.getName(),
            FrozenBlockFactory.BACKBONE,
            mrl.getArtifactId()));
    // The factory's block has its parameters already, so DJL must not look for a file.
    artifact.setOptions(Map.of("hasParameter", "false"));
    Metadata metadata = new Metadata.MatchAllMetadata();
    metadata.setGroupId(mrl.getGroupId());
    metadata.setArtifactId(mrl.getArtifactId());
    metadata.setApplication(Application.CV.IMAGE_CLASSIFICATION);
    metadata.setArtifacts(List.of(artifact));
    return metadata;
  }

  @Override
  public Artifact resolve(MRL mrl, Map<String, String> filter) throws IOException {
    return mrl.match(filter);
  }

  @Override
  public void prepare(Artifact artifact, Progress progress) {
    // The factory opens the weights and reports what is missing.
  }

  @Override
  public Path getCacheDirectory() {
    return CacheFolder.path();
  }

  @Override
  public Path getResourceDirectory(Artifact artifact) {
    return getCacheDirectory().resolve("weights");
  }

  @Override
  public List<MRL> getResources() {
    return resources;
  }

  @Override
  public void addResource(MRL mrl) {
    resources.add(mrl);
  }
}
