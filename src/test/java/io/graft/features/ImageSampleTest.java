package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.backbone.SampleImages;
import io.graft.data.ImageFolder;
import io.graft.data.LabeledImages;
import io.graft.image.Augmentation;
import io.graft.image.InputSpec;
import io.graft.runtime.Progress;
import io.graft.testing.TestPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageSampleTest {

  private static final int IMAGES = 10;
  private static final InputSpec INPUT = InputSpec.TORCHVISION.withSize(32);

  @TempDir Path folder;

  private Path images;

  @BeforeEach
  void write() {
    images = folder.resolve("images");
    for (int number = 0; number < IMAGES; number++) {
      TestPictures.write(images.resolve(name(number, "")), number, 100);
    }
  }

  private static String name(int number, String prefix) {
    return (number < IMAGES / 2 ? "a/" : "b/") + prefix + number + ".png";
  }

  private static SampleImages sample(int limit, LabeledImages... sets) {
    return ImageSample.of(List.of(sets), FeatureCache.off(), INPUT, limit, Progress.NONE).images();
  }

  @Test
  void sampleDoesNotDependOnNamesFoldersSplitsOrViews() throws IOException {
    SampleImages expected = sample(4, ImageFolder.open(images));
    assertThat(expected.rows()).isEqualTo(4);
    assertThat(sample(4, ImageFolder.open(images).withViews(Augmentation.STRONG, 3, 1)))
        .isEqualTo(expected);
    Path other = folder.resolve("other");
    Files.createDirectories(other.resolve("a"));
    Files.createDirectories(other.resolve("b"));
    for (int number = 0; number < IMAGES; number += 2) {
      Files.move(images.resolve(name(number, "")), other.resolve(name(number, "renamed")));
    }
    Files.copy(images.resolve(name(1, "")), other.resolve("a/copy.png"));
    LabeledImages one = ImageFolder.open(images);
    LabeledImages two = ImageFolder.open(other);
    assertThat(sample(4, one, two)).isEqualTo(expected);
    assertThat(sample(4, two, one)).isEqualTo(expected);
    assertThat(sample(4, one).digest()).isNotEqualTo(expected.digest());
  }

  @Test
  void nextReadableFileReplacesAnUnreadableOne() throws IOException {
    SampleImages all = sample(IMAGES, ImageFolder.open(images));
    SampleImages allButOne = sample(IMAGES - 1, ImageFolder.open(images));
    for (int number = 0; number < 3; number++) {
      Files.writeString(images.resolve(name(number, "bad")), "not an image " + number);
    }
    LabeledImages listed = ImageFolder.open(images);
    assertThat(sample(IMAGES, listed)).isEqualTo(all);
    assertThat(sample(IMAGES - 1, listed)).isEqualTo(allButOne);
    assertThat(sample(100, listed)).isEqualTo(all);
    for (int number = 0; number < IMAGES; number++) {
      Files.delete(images.resolve(name(number, "")));
    }
    assertThat(sample(4, listed).rows()).isZero();
  }
}
