package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code extract}: the file of features for other programs. */
class ExtractCommandTest {

  private static final int ROWS = 5;
  private static final int ROW = 512 * 7 * 7;

  @TempDir static Path root;

  private static Path data;
  private static Path half;
  private static JsonObject report;

  @BeforeAll
  static void extract() throws IOException {
    data = root.resolve("data");
    TinyPictures.draw(data, 2, 1, "tulip", "rose");
    Files.createDirectories(data.resolve("rose/2020"));
    Files.move(data.resolve("rose/2.jpg"), data.resolve("rose/2020/a.jpg"));
    Files.copy(data.resolve("rose/1.jpg"), data.resolve("rose/10.jpg"));
    Files.writeString(data.resolve("tulip/0.jpg"), "not an image");
    half = root.resolve("half.safetensors");
    report = run(half).json();
  }

  private static Cli run(Path out, Object... more) {
    Object[] words = new Object[12 + more.length];
    System.arraycopy(
        new Object[] {
          "extract",
          "--data",
          data,
          "--out",
          out,
          "--weights",
          "random",
          "--seed",
          3,
          "--precision",
          "fp32",
          "--json"
        },
        0,
        words,
        0,
        12);
    System.arraycopy(more, 0, words, 12, more.length);
    return Cli.succeed(words);
  }

  @Test
  void reportsEveryDocumentedKey() {
    assertThat(report.keySet())
        .containsExactlyInAnyOrder(
            "images",
            "skipped",
            "not_read",
            "skipped_files",
            "labels",
            "files",
            "feature_rows_computed",
            "feature_rows_reused",
            "row_shape",
            "extract_images_per_second",
            "device",
            "precision",
            "decode",
            "out");
    assertThat(report.get("images").getAsInt()).isEqualTo(ROWS);
    assertThat(report.get("skipped").getAsInt()).isEqualTo(1);
    assertThat(report.get("row_shape").toString()).isEqualTo("[512,7,7]");
    assertThat(report.get("out").getAsString()).isEqualTo(half.toString());
  }

  @Test
  void takesOnePartOfATable() throws IOException {
    Path table = root.resolve("parts.csv");
    Files.writeString(
        table,
        """
        path,label,part
        data/rose/1.jpg,rose,train
        data/tulip/1.jpg,tulip,train
        data/tulip/2.jpg,tulip,val
        """);
    Path out = root.resolve("part.safetensors");
    String small = "vgg16_bn_small";

    Cli.succeed(
        "extract",
        "--data",
        table,
        "--split-column",
        "part",
        "--part",
        "validation",
        "--out",
        out,
        "--backbone",
        small,
        "--precision",
        "fp32");

    try (SafetensorsFile file = SafetensorsFile.open(out)) {
      assertThat(file.metadata()).containsEntry("paths", "[\"data/tulip/2.jpg\"]");
    }
    Cli.run("extract", "--data", table, "--split-column", "part", "--out", out)
        .failsWith(3, "No images of the part 'test' in the column 'part'");
    Cli.run("extract", "--data", table, "--part", "train", "--out", out)
        .failsWith(2, "--part names rows of --split-column, which is absent");
    Cli.run("extract", "--data", table, "--split-column", "part", "--no-labels", "--out", out)
        .failsWith(2, "--split-column names parts of labelled images");
  }

  @Test
  void rowsAreInPathOrderWithTheirLabels() {
    try (SafetensorsFile file = SafetensorsFile.open(half)) {
      assertThat(file.tensors().get("features"))
          .isEqualTo(new TensorInfo("features", TensorType.F16, List.of(5L, 512L, 7L, 7L)));
      assertThat(file.tensors().get("labels"))
          .isEqualTo(new TensorInfo("labels", TensorType.I64, List.of(5L)));
      assertThat(file.tensors()).hasSize(2);
      assertThat(file.metadata())
          .containsEntry("classes", "[\"rose\",\"tulip\"]")
          .containsEntry(
              "paths",
              "[\"rose/1.jpg\",\"rose/10.jpg\",\"rose/2020/a.jpg\",\"tulip/1.jpg\",\"tulip/2.jpg\"]")
          .containsEntry("backbone", "vgg16")
          .containsEntry("boundary", "block5_pool")
          .containsEntry("precision", "fp32");
      assertThat(file.metadata().get("weights_sha256")).matches("[0-9a-f]{64}");
      ByteBuffer labels = read(file, "labels", ROWS * Long.BYTES);
      for (int row = 0; row < ROWS; row++) {
        assertThat(labels.getLong()).isEqualTo(row < 3 ? 0 : 1);
      }
    }
  }

  @Test
  void equalImagesHaveEqualRowsAndDifferentImagesDoNot() {
    try (SafetensorsFile file = SafetensorsFile.open(half)) {
      ByteBuffer features = read(file, "features", ROWS * ROW * 2);

      assertThat(features.slice(0, ROW * 2)).isEqualTo(features.slice(ROW * 2, ROW * 2));
      assertThat(features.slice(0, ROW * 2)).isNotEqualTo(features.slice(2 * ROW * 2, ROW * 2));
    }
  }

  @Test
  void float16IsFloat32Rounded() {
    Path full = root.resolve("full.safetensors");
    run(full, "--dtype", "float32");
    try (SafetensorsFile halves = SafetensorsFile.open(half);
        SafetensorsFile floats = SafetensorsFile.open(full)) {
      assertThat(floats.tensors().get("features").type()).isEqualTo(TensorType.F32);
      ByteBuffer exact = read(floats, "features", ROWS * ROW * 4);
      ByteBuffer rounded = halves.readFloat32("features").order(ByteOrder.nativeOrder());
      double largest = 0;
      for (int i = 0; i < ROWS * ROW; i++) {
        float value = exact.getFloat();
        largest = Math.max(largest, value);
        // float16 has 11 significant bits and a smallest step of 2^-24 (IEEE 754).
        assertThat(Math.abs(rounded.getFloat(i * 4) - value))
            .isLessThanOrEqualTo(Math.max(value * 0x1p-11f, 0x1p-25f));
      }
      assertThat(largest).isGreaterThan(0.01);
    }
  }

  @Test
  void boundaryCanBeNamedAsInKerasOrTorchvision() {
    Path keras = root.resolve("keras.safetensors");
    Path torchvision = root.resolve("torchvision.safetensors");
    JsonObject json = run(keras, "--boundary", "block4_pool").json();
    run(torchvision, "--boundary", "features.23");

    assertThat(json.get("row_shape").toString()).isEqualTo("[512,14,14]");
    try (SafetensorsFile one = SafetensorsFile.open(keras);
        SafetensorsFile other = SafetensorsFile.open(torchvision)) {
      int bytes = ROWS * 512 * 14 * 14 * 2;
      assertThat(read(other, "features", bytes)).isEqualTo(read(one, "features", bytes));
      assertThat(other.metadata()).containsEntry("boundary", "block4_pool");
    }
  }

  @Test
  void existingFileIsReplaced() throws IOException {
    Path out = Files.writeString(root.resolve("old.safetensors"), "old");

    JsonObject again = run(out).json();

    assertThat(out).hasSameBinaryContentAs(half);
    assertThat(again.get("feature_rows_computed").getAsInt()).isZero();
    assertThat(again.get("extract_images_per_second").isJsonNull()).isTrue();
  }

  @Test
  void labelsOfAnEarlierRunDoNotStayBesideNewFeatures() {
    Path out = root.resolve("again.npy");
    run(out);
    assertThat(root.resolve("again.labels.npy")).isRegularFile();
    run(out, "--no-labels");
    assertThat(out).isRegularFile();
    assertThat(root.resolve("again.labels.npy")).doesNotExist();
  }

  @Test
  void npzIsRefusedByName() {
    Path out = root.resolve("features.npz");
    Cli.run("extract", "--data", data, "--out", out, "--weights", "random")
        .failsWith(2, "NumPy's .npz is not written: " + out);
    assertThat(out).doesNotExist();
  }

  private static ByteBuffer read(SafetensorsFile file, String name, int bytes) {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    file.read(name, 0, buffer);
    return buffer.flip();
  }
}
