package io.graft.zoo;

import ai.djl.repository.MRL;
import ai.djl.repository.RemoteRepository;
import ai.djl.repository.Repository;
import ai.djl.repository.RepositoryFactory;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelZoo;
import java.net.URI;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Opens {@code djl://io.graft/...} from Graft's zoo, and every other {@code djl://} address like
 * DJL. DJL finds this class as a service. Its own factory would look for Graft's backbones on DJL's
 * server.
 */
public final class DjlSchemeRepositoryFactory implements RepositoryFactory {

  private static final Pattern VERSIONED =
      Pattern.compile("(?<artifact>.+)/(?<version>[\\d.]+)(/(?<name>.*))?");

  @Override
  public Repository newInstance(String name, URI uri) {
    String groupId = uri.getHost();
    String path = uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", "");
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
        ZooRepository.GROUP_ID.equals(groupId)
            ? new ZooRepository()
            : new RemoteRepository(name, withQuery(ModelZoo.DJL_REPO_URL, uri.getQuery()));
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

  private static URI withQuery(URI address, String query) {
    return query == null ? address : URI.create(address + "?" + query);
  }
}
