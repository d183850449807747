package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.graft.runtime.BadDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Which folders are parts of a training, and which are classes. A part is written {@code train*} if
 * it has folders of the classes rose and tulip, {@code train-} if images lie directly in it, and
 * {@code train0} if it is empty.
 */
class SplitFoldersTest {

  @TempDir Path root;

  private void lay(String layout) throws IOException {
    for (String word : layout.split(" ", -1)) {
      Path folder = root.resolve(word.substring(0, word.length() - 1));
      switch (word.charAt(word.length() - 1)) {
        case '*' -> {
          ImageFiles.draw(folder.resolve("rose/1.png"));
          ImageFiles.draw(folder.resolve("rose/2.png"));
          ImageFiles.draw(folder.resolve("tulip/1.png"));
          ImageFiles.draw(folder.resolve("tulip/2.png"));
        }
        case '-' -> ImageFiles.draw(folder.resolve("1.png"));
        default -> Files.createDirectories(folder);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          train* val*,                 train,    val,        -,       []
          train* valid* test*,         train,    valid,      test,    []
          training* validation*,       training, validation, -,       []
          train* dev* testing*,        train,    dev,        testing, []
          Train* VAL* Test*,           Train,    VAL,        Test,    []
          train* test*,                train,    -,          test,    []
          train* test-,                train,    -,          -,       [test]
          train* val* test0,           train,    val,        -,       [test]
          train* val* .cache* .git0,   train,    val,        -,       []
          """)
  void partsAreFound(String layout, String train, String validation, String test, String unused)
      throws IOException {
    lay(layout);
    ImageFiles.draw(root.resolve("cover.png"));
    ImageFiles.write(root.resolve("labels.csv"), "path,label\n");

    DataParts parts = DataParts.open(root);

    DataParts.Folders folders = parts.folders().orElseThrow();
    assertThat(folders.train()).isEqualTo(train);
    assertThat(folders.validation().orElse(null)).isEqualTo(validation);
    assertThat(folders.test().orElse(null)).isEqualTo(test);
    assertThat(folders.unused().stream().map(DataParts.Folders.Unused::name).toList())
        .hasToString(unused);
    assertThat(parts.train().classes()).containsExactly("rose", "tulip");
    assertThat(parts.train().source()).isEqualTo(root.resolve(train));
    assertThat(parts.train().images()).hasSize(4);
    assertThat(parts.validation().isPresent()).isEqualTo(validation != null);
    assertThat(parts.test().isPresent()).isEqualTo(test != null);
    parts
        .validation()
        .ifPresent(images -> assertThat(images.source()).isEqualTo(root.resolve(validation)));
    parts.test().ifPresent(images -> assertThat(images.source()).isEqualTo(root.resolve(test)));
  }

  @ParameterizedTest
  @CsvSource({
    "train- val-,           true",
    "train- val- test-,     true",
    "train* val* extra*,    true",
    "train* val* extra-,    true",
    "val* test*,            true",
    "train* rose*,          false",
    "rose* tulip*,          false",
    "train- trains-,        false",
  })
  void otherFoldersAreClasses(String layout, boolean doubtful) throws IOException {
    lay(layout);

    DataParts parts = DataParts.open(root);

    assertThat(parts.folders()).isEmpty();
    assertThat(parts.validation()).isEmpty();
    assertThat(parts.test()).isEmpty();
    assertThat(parts.train().classes()).hasSize(layout.split(" ", -1).length);
    assertThat(parts.classesAreNamedAsParts()).isEqualTo(doubtful);
  }

  @Test
  void foldersThatHoldOnlyModelsDoNotCount() throws IOException {
    lay("train* val*");
    ImageFiles.write(root.resolve("model/head.safetensors"), "");
    ImageFiles.write(root.resolve("model/graft.json"), "{}");

    assertThat(DataParts.open(root).folders()).isPresent();
  }

  @Test
  void symbolicLinksToPartsCount() throws IOException {
    lay("train* held*");
    Path elsewhere = Files.createDirectory(root.resolve(".elsewhere"));
    Files.move(root.resolve("held"), elsewhere.resolve("held"));
    try {
      Files.createSymbolicLink(root.resolve("val"), elsewhere.resolve("held"));
    } catch (IOException | UnsupportedOperationException e) {
      assumeTrue(false, "no symbolic links: " + e);
    }

    assertThat(DataParts.open(root).validation().orElseThrow().images()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource({
    "train* val* valid*,       'val/, valid/'",
    "train* training* val*,    'train/, training/'",
    "train* test* testing-,    'test/, testing/'",
    "train* dev* VALIDATION*,  'VALIDATION/, dev/'",
  })
  void twoFoldersOfTheSamePartAreRefused(String layout, String named) throws IOException {
    lay(layout);

    assertThatThrownBy(() -> DataParts.open(root))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("two folders for the same images: " + named);
    assertThat(LabeledImages.openClasses(root).classes()).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({"train* val-, val", "train* val0 test*, val", "train- val*, train"})
  void partWithoutClassFoldersIsRefusedBesideOneThatHasSome(String layout, String part)
      throws IOException {
    lay(layout);

    assertThatThrownBy(() -> DataParts.open(root))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("No class folders in " + root.resolve(part));
  }

  @ParameterizedTest
  @ValueSource(strings = {"val", "test"})
  void classThatTrainLacksIsNamed(String part) throws IOException {
    lay("train* val* test*");
    ImageFiles.draw(root.resolve(part + "/lily/1.png"));
    ImageFiles.draw(root.resolve(part + "/aster/1.png"));

    assertThatThrownBy(() -> DataParts.open(root))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining(
            "Unknown classes in %s: aster, lily. Expected only known classes: rose, tulip"
                .formatted(root.resolve(part)));
  }

  @Test
  void validationMayLackClasses() throws IOException {
    lay("train* val*");
    ImageFiles.draw(root.resolve("train/aster/1.png"));

    DataParts parts = DataParts.open(root);

    assertThat(parts.train().classes()).containsExactly("aster", "rose", "tulip");
    assertThat(parts.validation().orElseThrow().classes())
        .containsExactly("aster", "rose", "tulip");
    assertThat(parts.validation().orElseThrow().images())
        .extracting(LabeledImage::label)
        .containsExactly(1, 1, 2, 2);
  }

  @Test
  void partsAreNotTakenForClassesElsewhere() throws IOException {
    lay("train* val* test*");

    String expected =
        "%s is divided into parts: train/, val/, test/. Expected one folder of images per class. Name one part, such as %s"
            .formatted(root, root.resolve("val"));
    assertThatThrownBy(() -> LabeledImages.open(root)).hasMessageContaining(expected);
    assertThatThrownBy(() -> ImageFolder.open(root)).hasMessageContaining(expected);
    assertThatThrownBy(() -> LabeledImages.open(root, List.of("rose", "tulip")))
        .hasMessageContaining(expected);

    List<String> classes = List.of("other", "test", "train", "val");
    assertThat(LabeledImages.openClasses(root).classes()).containsExactly("test", "train", "val");
    assertThat(LabeledImages.open(root, classes).images()).hasSize(12);
  }

  @Test
  void singleFolderOfClassesIsNamed() throws IOException {
    lay("train*");

    assertThatThrownBy(() -> DataParts.open(root))
        .hasMessageContaining("Only one class in " + root + ": train")
        .hasMessageContaining(
            "If the folders in " + root.resolve("train") + " are the classes, name it.");
  }

  @Test
  void validationImagesCanBeChosenOtherwise() throws IOException {
    lay("train* val* test*");
    DataParts parts = DataParts.open(root);

    DataParts none = parts.withValidation(Optional.empty());
    DataParts split = parts.split(0.5, 1);

    assertThat(none.validation()).isEmpty();
    assertThat(none.train().images()).hasSize(4);
    assertThat(none.test()).isPresent();
    assertThat(split.validation().orElseThrow().images()).hasSize(2);
    assertThat(split.train().images()).hasSize(2);
    for (DataParts chosen : List.of(none, split)) {
      DataParts.Folders folders = chosen.folders().orElseThrow();
      assertThat(folders.validation()).isEmpty();
      assertThat(folders.unused())
          .containsExactly(
              new DataParts.Folders.Unused("val", "the validation images were chosen otherwise"));
    }
    assertThat(split)
        .hasToString("DataParts[2 training images, 2 validation images, 4 test images]");
  }
}
