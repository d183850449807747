package io.graft.zoo;

import ai.djl.Application;
import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.repository.RemoteRepository;
import ai.djl.repository.Repository;
import ai.djl.repository.RepositoryFactory;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;
import ai.djl.util.Progress;
import io.graft.runtime.Folders;
import io.graft.runtime.TorchRuntime;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Adds Graft's backbones to DJL's model zoos. {@code Criteria} finds a backbone by group and
 * artifact, or by {@code djl://io.graft/vgg16}. DJL finds this class as a service: as a zoo
 * provider and as a repository factory.
 *
 * <p>As a repository factory, it opens {@code djl://io.graft/...} from Graft's zoo. It opens every
 * other {@code djl://} address in the same way as DJL. DJL's own factory would look for Graft's
 * backbones on DJL's server.
 */
public final class GraftZooProvider implements ZooProvider, RepositoryFactory {

  private static final String GROUP_ID = "io.graft";

  private static final Pattern VERSIONED =
      Pattern.compile("(?<artifact>.+)/(?<version>[\\d.]+)(/(?<name>.*))?");

  @Override
  public ModelZoo getModelZoo() {
    return new GraftModelZoo();
  }

  @Override
  public Repository newInstance(String name, URI uri) {
    String groupId = uri.getHost();
    String path = uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", "");
    String query = uri.getQuery() == null ? "" : "?" + uri.getQuery();
    ModelZoo zoo = groupId == null ? null : ModelZoo.getModelZoo(groupId);
    Matcher versioned = VERSIONED.matcher(path);
    boolean hasVersion = versioned.matches();
    String artifactId = hasVersion ? versioned.group("artifact") : path;
    ModelLoader loader = zoo == null ? null : zoo.getModelLoader(artifactId);
    if (loader == null) {
      throw new IllegalArgumentException(
          ("No model at %s: expected djl://GROUP/MODEL with a group on the class path, such as"
                  + " djl://io.graft/vgg16.")
              .formatted(uri));
    }
    Repository repository =
        GROUP_ID.equals(groupId)
            ? new ZooRepository()
            : new RemoteRepository(name, URI.create(ModelZoo.DJL_REPO_URL + query));
    MRL resource =
        repository.model(
            loader.getApplication(),
            groupId,
            artifactId,
            hasVersion ? versioned.group("version") : null,
            hasVersion ? versioned.group("name") : null);
    repository.addResource(resource);
    return repository;
  }

  @Override
  public Set<String> getSupportedScheme() {
    return Set.of("djl");
  }

  private static final class GraftModelZoo extends ModelZoo {

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

  /**
   * A DJL repository without files. Each artifact names {@link FrozenBlockFactory}, which opens the
   * weights and builds the frozen block.
   */
  private static final class ZooRepository extends AbstractRepository {

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
      // The factory opens the weights, and it reports missing ones.
    }

    @Override
    public Path getCacheDirectory() {
      return Folders.cache();
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
}
