package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.graft.data.listing.ClassNames;
import io.graft.runtime.BadDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {

  @TempDir Path root;

  @Test
  void sortsClassesAndImagesByNameAndSearchesNestedFolders() {
    ImageFiles.draw(root.resolve("tulip/2.png"));
    ImageFiles.draw(root.resolve("tulip/10.png"));
    ImageFiles.draw(root.resolve("tulip/deep/er/1.png"));
    ImageFiles.draw(root.resolve("rose/b.png"));
    ImageFiles.draw(root.resolve("Zinnia/a.png"));

    ImageFolder folder = ImageFolder.open(root);

    assertThat(folder.classes()).containsExactly("Zinnia", "rose", "tulip");
    assertThat(relativePaths(folder))
        .containsExactly(
            "Zinnia/a.png", "rose/b.png", "tulip/10.png", "tulip/2.png", "tulip/deep/er/1.png");
    assertThat(folder.images()).extracting(LabeledImage::label).containsExactly(0, 1, 2, 2, 2);
    assertThat(folder.images().get(4).path()).isEqualTo(root.resolve("tulip/deep/er/1.png"));
    assertThat(folder.passedOver()).isZero();
    assertThat(folder.source()).isEqualTo(root);
    assertThat(folder).hasToString("ImageFolder[" + root + ", 3 classes, 5 images]");
    assertThat(folder.images().get(1))
        .hasToString("LabeledImage[" + root.resolve("rose/b.png") + ", label 1]");
  }

  @Test
  void sortsImagesByTheirFullPath() {
    // In Python: sorted(["a/x.png", "a-b/x.png", "a/y.png"])
    ImageFiles.draw(root.resolve("a/x.png"));
    ImageFiles.draw(root.resolve("a/y.png"));
    ImageFiles.draw(root.resolve("a-b/x.png"));

    ImageFolder folder = ImageFolder.open(root);

    assertThat(folder.classes()).containsExactly("a", "a-b");
    assertThat(relativePaths(folder)).containsExactly("a-b/x.png", "a/x.png", "a/y.png");
    assertThat(folder.images()).extracting(LabeledImage::label).containsExactly(1, 0, 0);
  }

  @Test
  void sortsByCodePointsBeyondTheBasicPlane() {
    // In Python: sorted(["\U0001F339", "\uFF52", "r"]). In UTF-16 units the order is reversed.
    assertThat(ClassNames.sorted(List.of("\uD83C\uDF39", "\uFF52", "r", "r\uFF52")))
        .containsExactly("r", "r\uFF52", "\uFF52", "\uD83C\uDF39");
  }

  @Test
  void countsIgnoredEntries() {
    twoClasses();
    ImageFiles.draw(root.resolve("loose.png"));
    ImageFiles.write(root.resolve("README.txt"), "about");
    ImageFiles.draw(root.resolve(".hidden-class/1.png"));
    ImageFiles.draw(root.resolve("rose/.hidden.png"));
    ImageFiles.draw(root.resolve("rose/.hidden-folder/1.png"));
    ImageFiles.write(root.resolve("rose/notes.txt"), "some notes");
    ImageFiles.write(root.resolve("rose/nested/empty"), "");

    ImageFolder folder = ImageFolder.open(root);

    assertThat(relativePaths(folder)).containsExactly("rose/1.png", "tulip/1.png");
    assertThat(folder.passedOver()).isEqualTo(7);
  }

  @Test
  void detectsImagesByNameOrByContent() throws IOException {
    twoClasses();
    ImageFiles.write(root.resolve("rose/text.jpg"), "not an image");
    ImageFiles.write(root.resolve("rose/EMPTY.JPEG"), "");
    Files.move(ImageFiles.draw(root.resolve("rose/x.png")), root.resolve("rose/no-extension"));

    assertThat(relativePaths(ImageFolder.open(root)))
        .containsExactly(
            "rose/1.png", "rose/EMPTY.JPEG", "rose/no-extension", "rose/text.jpg", "tulip/1.png");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void followsLinksToFilesAndFolders(@TempDir Path elsewhere) throws IOException {
    twoClasses();
    Path far = ImageFiles.draw(elsewhere.resolve("daisies/1.png"));
    Files.createSymbolicLink(root.resolve("daisy"), far.getParent());
    Files.createSymbolicLink(root.resolve("rose/linked.png"), far);
    Files.createSymbolicLink(root.resolve("rose/gone.png"), elsewhere.resolve("nothing"));
    Files.createSymbolicLink(root.resolve("rose/gone.txt"), elsewhere.resolve("nothing"));

    ImageFolder folder = ImageFolder.open(root);

    assertThat(relativePaths(folder))
        .containsExactly(
            "daisy/1.png", "rose/1.png", "rose/gone.png", "rose/linked.png", "tulip/1.png");
    assertThat(folder.passedOver()).isEqualTo(1);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void refusesACycleOfLinks() throws IOException {
    twoClasses();
    Path link = Files.createSymbolicLink(root.resolve("rose/again"), root);

    assertThatThrownBy(() -> ImageFolder.open(root))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining(link.toString())
        .hasMessageContaining("cycle");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void readsALinkedFolderOncePerLink(@TempDir Path elsewhere) throws IOException {
    twoClasses();
    Path shared = ImageFiles.draw(elsewhere.resolve("shared/1.png")).getParent();
    Files.createSymbolicLink(root.resolve("rose/one"), shared);
    Files.createSymbolicLink(root.resolve("rose/two"), shared);

    assertThat(relativePaths(ImageFolder.open(root)))
        .containsExactly("rose/1.png", "rose/one/1.png", "rose/two/1.png", "tulip/1.png");
  }

  /**
   * Such a folder is a model, checkpoints or features. {@code OutputPathTest} runs the commands.
   */
  @Test
  void folderWithTensorsIsAClassOnlyIfItHasImages() {
    twoClasses();
    ImageFiles.write(root.resolve("models/first/head.safetensors"), "tensors");
    ImageFiles.write(root.resolve("models/first/graft.json"), "{}");
    ImageFiles.write(root.resolve("run/.checkpoint-00000001.safetensors.77-abc.tmp"), "half");
    ImageFiles.write(root.resolve("rose/rows.safetensors"), "tensors");

    ImageFolder folder = ImageFolder.open(root);

    assertThat(folder.classes()).containsExactly("rose", "tulip");
    assertThat(LabeledImages.open(root, List.of("rose", "tulip")).images()).hasSize(2);
    assertThat(folder.passedOver()).isEqualTo(4);
  }

  @Test
  void refusesAMissingFolder() {
    Path missing = root.resolve("missing");

    assertThatThrownBy(() -> ImageFolder.open(missing))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("No such folder: " + missing);
    assertThatThrownBy(() -> LabeledImages.open(missing))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("No such folder or table: " + missing);
  }

  @Test
  void refusesAFile() {
    Path file = ImageFiles.write(root.resolve("table.csv"), "path,label\n");

    assertThatThrownBy(() -> ImageFolder.open(file))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("Not a folder: " + file);
  }

  @Test
  void refusesAFolderWithoutClasses() {
    ImageFiles.draw(root.resolve("1.png"));
    ImageFiles.draw(root.resolve("2.png"));

    assertThatThrownBy(() -> ImageFolder.open(root))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("No class folders in " + root)
        .hasMessageContaining("received 2 files");
  }

  @Test
  void refusesOneClass() {
    ImageFiles.draw(root.resolve("rose/1.png"));

    assertThatThrownBy(() -> ImageFolder.open(root))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("Only one class in " + root + ": rose");
  }

  @Test
  void refusesClassesWithoutImages() throws IOException {
    twoClasses();
    Files.createDirectory(root.resolve("daisy"));
    ImageFiles.write(root.resolve("aster/notes.txt"), "later");

    assertThatThrownBy(() -> ImageFolder.open(root))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("Classes have no images: aster, daisy in " + root);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void refusesAFolderThatCannotBeRead() throws IOException {
    twoClasses();
    Path locked = root.resolve("rose");
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("---------"));
    try {
      assumeFalse(Files.isReadable(locked), "this user may read everything");
      assertThatThrownBy(() -> ImageFolder.open(root))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("Cannot read the folder " + locked + ": permission denied");
    } finally {
      Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void labelsKnownClassesByName() throws IOException {
    ImageFiles.draw(root.resolve("tulip/1.png"));
    ImageFiles.draw(root.resolve("rose/1.png"));
    Files.createDirectory(root.resolve("daisy"));
    List<String> known = List.of("tulip", "daisy", "aster", "rose");

    LabeledImages validation = LabeledImages.open(root, known);

    assertThat(validation.classes()).isEqualTo(known);
    assertThat(relativePaths(validation)).containsExactly("rose/1.png", "tulip/1.png");
    assertThat(validation.images()).extracting(LabeledImage::label).containsExactly(3, 0);
    assertThat(validation.source()).isEqualTo(root);
  }

  @Test
  void knownClassesMayBeEmptyUnlessAllAreAndUnknownClassesAreRefused() throws IOException {
    ImageFiles.draw(root.resolve("rose/1.png"));
    Files.createDirectory(root.resolve("tulip"));

    assertThat(LabeledImages.open(root, List.of("rose", "tulip")).images()).hasSize(1);
    assertThatThrownBy(() -> LabeledImages.open(root, List.of("daisy", "tulip")))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("Unknown class in " + root + ": rose")
        .hasMessageContaining("daisy, tulip");
    Files.delete(root.resolve("rose/1.png"));
    assertThatThrownBy(() -> LabeledImages.open(root, List.of("rose", "tulip")))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("No images in " + root);
  }

  private void twoClasses() {
    ImageFiles.draw(root.resolve("rose/1.png"));
    ImageFiles.draw(root.resolve("tulip/1.png"));
  }

  private static List<String> relativePaths(LabeledImages images) {
    return images.images().stream().map(images::relativePath).toList();
  }
}
