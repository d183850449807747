package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.graft.data.DataParts;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.data.Split;
import io.graft.features.Duplicates.Kind;
import io.graft.image.Augmentation;
import io.graft.image.RgbImage;
import io.graft.image.codec.ImageDecoder;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Progress;
import io.graft.testing.TestPictures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tests copy files, so that they know how many duplicates there are. */
class DuplicatesTest {

  @TempDir Path folder;

  private void picture(String name, int number) {
    TestPictures.write(folder.resolve(name), number, 100);
  }

  private void copy(String from, String to) throws IOException {
    Files.createDirectories(folder.resolve(to).getParent());
    Files.copy(folder.resolve(from), folder.resolve(to));
  }

  private LabeledImages open(String part) {
    return LabeledImages.open(folder.resolve(part), List.of("a", "b"));
  }

  private static Duplicates among(LabeledImages train, LabeledImages validation) {
    return among(train, Optional.of(validation), Optional.empty());
  }

  private static Duplicates among(
      LabeledImages train, Optional<LabeledImages> validation, Optional<LabeledImages> test) {
    return Duplicates.among(
        new DataParts(train, validation, test, Optional.empty()),
        OnBadImage.SKIP,
        FeatureCache.off(),
        Progress.NONE);
  }

  private static List<String> names(LabeledImages images) {
    return images.images().stream().map(images::relativePath).toList();
  }

  private void drawParts() throws IOException {
    for (int number = 0; number < 4; number++) {
      picture("train/a/" + number + ".png", number);
      picture("train/b/" + number + ".png", 10 + number);
      picture("val/a/" + number + ".png", 20 + number);
      picture("test/b/" + number + ".png", 30 + number);
    }
  }

  @Test
  void noDuplicatesWithoutCopies() throws IOException {
    drawParts();
    // Copies in one class of one part are harmless.
    copy("train/a/0.png", "train/a/again.png");
    Duplicates found = among(open("train"), Optional.of(open("val")), Optional.of(open("test")));
    assertThat(found.isEmpty()).isTrue();
    assertThat(found.counts())
        .containsExactly(
            entry(Kind.TRAIN_VALIDATION, 0),
            entry(Kind.TRAIN_TEST, 0),
            entry(Kind.VALIDATION_TEST, 0),
            entry(Kind.TWO_LABELS, 0));
    assertThat(found.partsWithout()).isEqualTo(found.parts());
  }

  @Test
  void countsAndDropsTheLaterCopy() throws IOException {
    drawParts();
    copy("train/a/0.png", "val/a/x.png");
    copy("train/a/0.png", "val/a/y.png");
    copy("train/b/1.png", "test/b/x.png");
    copy("val/a/2.png", "test/a/z.png");
    Duplicates found = among(open("train"), Optional.of(open("val")), Optional.of(open("test")));
    assertThat(found.counts())
        .containsExactly(
            entry(Kind.TRAIN_VALIDATION, 2),
            entry(Kind.TRAIN_TEST, 1),
            entry(Kind.VALIDATION_TEST, 1),
            entry(Kind.TWO_LABELS, 0));
    assertThat(found.named(Kind.TRAIN_VALIDATION).get(1))
        .isEqualTo(
            new Duplicates.Pair(
                folder.resolve("train/a/0.png"),
                List.of("a"),
                folder.resolve("val/a/y.png"),
                List.of("a")));
    DataParts left = found.partsWithout();
    assertThat(left.train()).isSameAs(found.parts().train());
    assertThat(names(left.validation().get()))
        .containsExactly("a/0.png", "a/1.png", "a/2.png", "a/3.png");
    assertThat(names(left.test().get()))
        .containsExactly("b/0.png", "b/1.png", "b/2.png", "b/3.png");
  }

  @Test
  void testImagesWithoutValidationImages() throws IOException {
    drawParts();
    copy("train/a/0.png", "test/a/x.png");
    Duplicates found = among(open("train"), Optional.empty(), Optional.of(open("test")));
    assertThat(found.counts())
        .containsExactly(entry(Kind.TRAIN_TEST, 1), entry(Kind.TWO_LABELS, 0));
    assertThat(found.partsWithout().test().get().images()).hasSize(4);
    assertThat(found.partsWithout().validation()).isEmpty();
  }

  @Test
  void dropsEveryCopyOfAnImageWithTwoLabels() throws IOException {
    drawParts();
    copy("train/a/0.png", "train/b/x.png");
    copy("train/a/0.png", "val/a/x.png");
    copy("train/b/3.png", "val/a/y.png");
    Duplicates found = among(open("train"), open("val"));
    assertThat(found.counts())
        .containsExactly(entry(Kind.TRAIN_VALIDATION, 2), entry(Kind.TWO_LABELS, 2));
    assertThat(found.named(Kind.TWO_LABELS).get(0).secondClasses()).containsExactly("b");
    DataParts left = found.partsWithout();
    assertThat(names(left.train()))
        .containsExactly("a/1.png", "a/2.png", "a/3.png", "b/0.png", "b/1.png", "b/2.png");
    assertThat(names(left.validation().get()))
        .containsExactly("a/0.png", "a/1.png", "a/2.png", "a/3.png");
  }

  @Test
  void filesThatCannotBeDecodedAreNoDuplicates() throws IOException {
    drawParts();
    for (String part : List.of("train/a/", "train/b/", "val/a/")) {
      Files.write(folder.resolve(part + "empty.png"), new byte[0]);
      Files.writeString(folder.resolve(part + "page.png"), "<html>404</html>");
      TestPictures.writeCutOff(folder.resolve(part + "cut.jpg"));
      Files.createSymbolicLink(folder.resolve(part + "gone.png"), folder.resolve("nothing"));
    }
    Duplicates found = among(open("train"), open("val"));
    assertThat(found.counts())
        .containsExactly(entry(Kind.TRAIN_VALIDATION, 0), entry(Kind.TWO_LABELS, 0));
    assertThat(found.partsWithout()).isEqualTo(found.parts());
  }

  @Test
  void imagesThatAreTooLargeAreNoDuplicates() throws Exception {
    drawParts();
    copy("train/a/0.png", "val/a/x.png");
    RgbImage decoded = ImageDecoder.read(folder.resolve("val/a/x.png"));
    long pixels = (long) decoded.width() * decoded.height();
    DataParts parts = DataParts.of(open("train")).withValidation(Optional.of(open("val")));
    for (long most : new long[] {pixels, pixels - 1}) {
      OnBadImage limit = OnBadImage.FAIL.withMaxPixels(most);
      assertThat(
              Duplicates.among(parts, limit, FeatureCache.off(), Progress.NONE)
                  .counts()
                  .get(Kind.TRAIN_VALIDATION))
          .isEqualTo(most == pixels ? 1 : 0);
    }
  }

  @Test
  void aFolderNamedTwiceIsItsOwnDuplicate() throws IOException {
    drawParts();
    Files.createSymbolicLink(folder.resolve("link"), folder.resolve("train"));
    for (String other : List.of("train", "link", "val/../train")) {
      Duplicates found = among(open("train"), open(other));
      assertThat(found.counts())
          .containsExactly(entry(Kind.TRAIN_VALIDATION, 8), entry(Kind.TWO_LABELS, 0));
      assertThat(found.named(Kind.TRAIN_VALIDATION)).hasSize(Duplicates.MOST_NAMED);
      assertThatThrownBy(found::partsWithout)
          .isInstanceOf(BadDataException.class)
          .hasMessageContainingAll(
              "No image of " + folder.resolve(other), "each of its 8 images is a duplicate");
    }
  }

  @Test
  void namesAClassThatHasNoImageLeft() throws IOException {
    drawParts();
    for (int number = 0; number < 4; number++) {
      copy("train/a/" + number + ".png", "train/b/x" + number + ".png");
    }
    Duplicates found = among(open("train"), open("val"));
    assertThat(found.counts().get(Kind.TWO_LABELS)).isEqualTo(4);
    assertThatThrownBy(found::partsWithout)
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("No image of the class 'a'");
  }

  @Test
  void viewsOfAFileAreOneImage() throws IOException {
    drawParts();
    copy("train/a/0.png", "val/a/x.png");
    LabeledImages views = open("train").withViews(Augmentation.FLIP, 3, 1);
    Duplicates found = among(views, open("val"));
    assertThat(found.counts().get(Kind.TRAIN_VALIDATION)).isEqualTo(1);
    assertThat(among(open("val"), views).partsWithout().validation().get().images()).hasSize(7 * 3);
  }

  @Test
  void multiLabelImagesDifferIfTheirSetsDo() throws IOException {
    drawParts();
    copy("train/a/0.png", "one.png");
    copy("train/a/0.png", "two.png");
    copy("train/a/1.png", "three.png");
    Path train = folder.resolve("train.csv");
    Path val = folder.resolve("val.csv");
    Files.writeString(train, "path,labels\none.png,b|a\nthree.png,a\ntrain/a/2.png,b\n");
    // The sets of the second table have other positions, and the labels another order.
    Files.writeString(val, "path,labels\ntrain/a/3.png,\ntwo.png,a|b\ntrain/a/1.png,a|b\n");
    LabeledImages images = LabeledImages.open(train);
    Duplicates found = among(images, LabeledImages.open(val, images.classes()));
    assertThat(found.counts())
        .containsExactly(entry(Kind.TRAIN_VALIDATION, 2), entry(Kind.TWO_LABELS, 1));
    assertThat(found.named(Kind.TWO_LABELS).get(0).firstClasses()).containsExactly("a");
    assertThat(found.named(Kind.TWO_LABELS).get(0).secondClasses()).containsExactly("a", "b");
  }

  @Test
  void foldsCountImagesInSeveralFoldsAndKeepOneCopy() throws IOException {
    drawParts();
    copy("train/a/0.png", "train/a/0copy.png");
    copy("train/a/1.png", "train/b/1wrong.png");
    LabeledImages all = open("train");
    List<LabeledImage> images = all.images();
    // Fold 0 has the first half of the images, a/0 and its copy with it.
    LabeledImages first = all.only(images.subList(0, 5));
    LabeledImages second = all.only(images.subList(5, 10));
    List<Split> apart = List.of(new Split(second, first), new Split(first, second));
    copy("train/b/3.png", "test/b/seen.png");
    copy("val/a/0.png", "test/a/new.png");
    copy("val/a/0.png", "test/a/twice.png");
    LabeledImages test = LabeledImages.open(folder.resolve("test"), all.classes());
    DataParts parts = new DataParts(all, Optional.empty(), Optional.of(test), Optional.empty());
    Duplicates found =
        Duplicates.acrossFolds(parts, apart, OnBadImage.SKIP, FeatureCache.off(), Progress.NONE);
    assertThat(found.counts())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(Kind.FOLDS, 2, Kind.TRAIN_TEST, 1, Kind.TWO_LABELS, 1));
    assertThat(names(found.partsWithout().test().orElseThrow()))
        .containsExactly("a/new.png", "a/twice.png", "b/0.png", "b/1.png", "b/2.png", "b/3.png");
    assertThat(names(found.partsWithout().train()))
        .containsExactly(
            "a/0.png", "a/2.png", "a/3.png", "b/0.png", "b/1.png", "b/2.png", "b/3.png");
  }

  @Test
  void digestsAreRememberedByStamp() {
    DigestMemory memory = new DigestMemory();
    Random random = new Random(1);
    ByteBuffer stamps = ByteBuffer.allocate(100 * DigestIndex.DIGEST_BYTES);
    ByteBuffer digests = ByteBuffer.allocate(stamps.capacity());
    random.nextBytes(stamps.array());
    random.nextBytes(digests.array());
    ByteBuffer read = ByteBuffer.allocate(stamps.capacity());
    for (int at = 0; at < stamps.capacity(); at += DigestIndex.DIGEST_BYTES) {
      assertThat(memory.read(stamps, at, read)).isFalse();
      memory.keep(stamps, at, digests);
    }
    for (int at = 0; at < stamps.capacity(); at += DigestIndex.DIGEST_BYTES) {
      assertThat(memory.read(stamps, at, read)).isTrue();
    }
    assertThat(read).isEqualTo(digests);
  }
}
