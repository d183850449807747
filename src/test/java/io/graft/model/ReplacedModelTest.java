package io.graft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.runtime.BadDataException;
import io.graft.runtime.OutputException;
import io.graft.runtime.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saves models over existing files and folders. */
class ReplacedModelTest {

  /** Reserved file names that belong to a model. */
  private static final List<String> RESERVED =
      List.of("config.json", "frozen.safetensors", "report.html");

  @TempDir Path parent;

  @Test
  void savingReplacesEveryFileOfAModel() throws IOException {
    Path model = parent.resolve("model");
    ModelFolderTest.write(model, List.of("a", "b", "c"), (byte) 1);
    for (String name : RESERVED) {
      Files.writeString(model.resolve(name), "of the old model");
    }
    assertThat(ModelFolder.read(model).classes()).containsExactly("a", "b", "c");

    TransferModel.requireSavable(model);
    ModelFolderTest.write(model, List.of("d", "e"), (byte) 2);

    assertThat(ModelFolder.read(model).classes()).containsExactly("d", "e");
    assertThat(ModelFolderTest.names(model))
        .containsExactly("graft.json", "head.safetensors", "synset.txt");
  }

  @Test
  void onlyAModelOrAnEmptyFolderIsReplaced() throws IOException {
    Path empty = Files.createDirectory(parent.resolve("empty"));
    ModelFolderTest.write(empty, List.of("a"), (byte) 3);
    assertThat(ModelFolder.read(empty).classes()).containsExactly("a");
    Path thesis = Files.createDirectory(parent.resolve("thesis"));
    Files.writeString(thesis.resolve("chapter1"), "long work");
    Path file = Files.writeString(parent.resolve("file"), "also long work");
    for (Path foreign : List.of(thesis, file)) {
      refuses(foreign, "exists and is not a Graft model");
    }
    assertThat(thesis.resolve("chapter1")).hasContent("long work");
    assertThat(file).hasContent("also long work");
    assertThat(ModelFolderTest.names(parent)).containsExactly("empty", "file", "thesis");
  }

  @Test
  void keepsFilesInAFolderWithoutACard() throws IOException {
    for (String name : List.of("report.html", "config.json", "head.safetensors", "synset.txt")) {
      Path folder = Files.createDirectory(parent.resolve("of-" + name));
      Files.writeString(folder.resolve(name), "mine");
      refuses(folder, name);
      assertThat(folder.resolve(name)).hasContent("mine");
    }
  }

  @Test
  void keepsFoldersNamedLikeAModelFile() throws IOException {
    Path model = parent.resolve("model");
    ModelFolderTest.write(model, List.of("a"), (byte) 1);
    Path mine =
        Files.writeString(
            Files.createDirectory(model.resolve("report.html")).resolve("page"), "mine");
    refuses(model, "report.html");
    assertThat(mine).hasContent("mine");
  }

  @Test
  void checksEveryFileWithADigest() throws IOException {
    Path model = parent.resolve("model");
    ModelFolderTest.write(model, List.of("a"), (byte) 1);
    for (String name : RESERVED) {
      Files.writeString(model.resolve(name), name);
      addDigest(model, name);
    }
    assertThat(ModelFolder.read(model).classes()).containsExactly("a");
    for (String name : RESERVED) {
      Path file = model.resolve(name);
      Files.writeString(file, "another");
      refusesToRead(model, file);
      Files.delete(file);
      refusesToRead(model, file);
      Files.writeString(file, name);
    }
    assertThat(ModelFolder.read(model).classes()).containsExactly("a");
  }

  /** Adds the digest of a file to a model's card. */
  private static void addDigest(Path model, String file) throws IOException {
    Path card = model.resolve("graft.json");
    JsonObject json = JsonParser.parseString(Files.readString(card)).getAsJsonObject();
    json.getAsJsonObject("files")
        .addProperty(file, Sha256.of(Files.readAllBytes(model.resolve(file))));
    json.remove("sha256");
    json.addProperty("sha256", new Sha256().add(json.toString()).hex());
    Files.writeString(card, json.toString());
  }

  private static void refusesToRead(Path model, Path file) {
    assertThatThrownBy(() -> ModelFolder.read(model))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining(file.toString());
  }

  private static void refuses(Path folder, String part) {
    assertThatThrownBy(() -> TransferModel.requireSavable(folder))
        .isInstanceOf(OutputException.class)
        .hasMessageContainingAll(folder.toString(), part, "left as it is");
    assertThatThrownBy(() -> ModelFolderTest.write(folder, List.of("z"), (byte) 4))
        .isInstanceOf(OutputException.class);
  }
}
