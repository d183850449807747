package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.runtime.BadDataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageTableTest {

  @TempDir Path folder;

  @Test
  void sortsByPathRelativeToItsFolder() {
    Path absolute = folder.resolveSibling("elsewhere.png").toAbsolutePath();
    Path table = table("path,label\nb/2.png,tulip\nb/10.png,rose\n" + absolute + ",Aster\n");

    ImageTable images = open(table);

    assertThat(images.classes()).containsExactly("Aster", "rose", "tulip");
    assertThat(images.images())
        .containsExactly(
            new LabeledImage(absolute, 0),
            new LabeledImage(folder.resolve("b/10.png"), 1),
            new LabeledImage(folder.resolve("b/2.png"), 2));
    assertThat(images.images().stream().map(images::relativePath))
        .containsExactly(absolute.toString().replace('\\', '/'), "b/10.png", "b/2.png");
    assertThat(images.source()).isEqualTo(table);
    assertThat(images.passedOver()).isZero();
    assertThat(images).hasToString("ImageTable[" + table + ", 3 classes, 3 images]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "path,label\na.png,x\nb.png,y",
        "path,label\r\na.png,x\r\nb.png,y\r\n",
        "\uFEFFpath,label\na.png,x\nb.png,y\n",
        "\uFEFF\"path\",\"label\"\n\"a.png\",\"x\"\n\"b.png\",\"y\"\n",
        "label,path\nx,a.png\ny,b.png\n",
        "id,label,note,path\n1,x,\"a, or\nb\",a.png\n2,y,,b.png\n",
        "path , label\na.png , x\n\n b.png, y\n\n",
        "path,label\nb.png,y\na.png,x\n./a.png,x\n",
      })
  void acceptsVariantsOfTheTableFormat(String text) {
    ImageTable images = open(table(text));

    assertThat(images.classes()).containsExactly("x", "y");
    assertThat(images.images().stream().map(images::relativePath))
        .containsExactly("a.png", "b.png");
    assertThat(images.images()).extracting(LabeledImage::label).containsExactly(0, 1);
  }

  @Test
  void pathsInAnotherUnicodeFormNameTheFileThatExists() throws IOException {
    Files.createFile(folder.resolve("e\u0301.png"));
    Files.createFile(folder.resolve("\u00f1.png"));
    Path table = table("path,label\n\u00e9.png,x\nn\u0303.png,y\n\u00fc.png,y\n");

    assertThat(open(table).images())
        .extracting(LabeledImage::path)
        .containsExactly(
            folder.resolve("e\u0301.png"),
            folder.resolve("\u00f1.png"),
            folder.resolve("\u00fc.png"));
  }

  @Test
  void spacesAroundAQuotedPathDoNotMakeAnotherImage() {
    ImageTable images = open(table("path,label\n\" a.png \",x\na.png,x\nb.png,y\n"));

    assertThat(images.images().stream().map(images::relativePath))
        .containsExactly("a.png", "b.png");
    assertThat(images.passedOver()).isEqualTo(1);
  }

  @Test
  void saysThatAllRowsArePassedOver() {
    Path table = table("path,label\nold/a.png,x\nold/b.png,y\n");

    assertThatThrownBy(
            () ->
                ImageTable.open(table, new ListingOptions(TableFormat.defaults(), List.of("old"))))
        .hasMessageContaining("received 2 rows, which are all to be passed over");
  }

  @Test
  void keepsQuotedCommasQuotesAndTrimsLabels() {
    ImageTable images = open(table("path,label\n\"a, \"\"b\"\".png\",\" x \"\nc.png,y\n"));

    assertThat(images.images().get(0).path()).isEqualTo(folder.resolve("a, \"b\".png"));
    assertThat(images.classes()).containsExactly("x", "y");
  }

  @Test
  void mergesRepeatedRows() {
    ImageTable images = open(table("path,label\na.png,x\na.png,x\nb/../a.png,x\nb.png,y\n"));

    assertThat(images.images()).hasSize(2);
    assertThat(images.passedOver()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                     | is empty",
        "path,class~a.png,x~                    | has no column 'label' in its header",
        "a.png,x~b.png,y~                       | received a.png,x",
        "path,label,path~a.png,x,b.png~         | has two columns 'path'",
        "path,label~                            | No images in the table",
        "path,label~a.png,x~b.png,x~            | Only one class in",
        "path,label~a.png,x~b.png,~             | Line 3 of",
        "path,label~a.png,x~b.png,'   '~        | Line 3 of",
        "path,label~a.png,x~~b.png~c.png,y      | Line 4 of",
        "path,label~,x~b.png,y~                 | Line 2 of",
        "path,label~a.png,x~b.png,y~a.png,y~    | 'x' on line 2 and 'y' on line 4",
        "path,label~a.png,x~./a.png,y           | 'x' on line 2 and 'y' on line 3",
        "path,label~\"a.png,x~b.png,y~          | Line 2 of",
        "path,label~a%.png,x~b.png,y~           | Line 2 of",
        "path,labels~a.png,x~b.png,x;;y~        | Line 3 of",
        "path,labels~a.png,x~b.png,y; ~         | a label without a name: received b.png",
        "path,labels~a.png,~b.png,~             | No labels in the table",
        "path,labels~                           | No images in the table",
        "path,labels,labels~a.png,x,y~          | has two columns 'labels'",
      })
  void refusesInvalidTablesAndReportsTheLine(String text, String message) {
    Path table =
        table(text.replace('~', '\n').replace('\'', '"').replace('%', '\0').replace(';', '|'));

    assertThatThrownBy(() -> open(table))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining(message)
        .hasMessageContaining(table.toString());
  }

  @Test
  void refusesBytesThatAreNotUtf8() throws IOException {
    Path table = folder.resolve("latin.csv");
    Files.write(table, "path,label\nä.png,x\nb.png,y\n".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> open(table))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("it is not UTF-8 text");
  }

  @Test
  void refusesAFolderAndAMissingFile() {
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("is a folder");
    assertThatThrownBy(() -> open(folder.resolve("none.csv")))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("No such table");
  }

  @Test
  void labelsKnownClassesByName() {
    Path table = table("path,label\na.png,y\n");

    LabeledImages images = LabeledImages.open(table, List.of("z", "y"));

    assertThat(images.images()).containsExactly(new LabeledImage(folder.resolve("a.png"), 1));
    assertThatThrownBy(() -> LabeledImages.open(table)).hasMessageContaining("Only one class");
    assertThatThrownBy(() -> LabeledImages.open(table, List.of("x")))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("Unknown class in " + table + ": y");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "path,labels\na.png,y|x\nb.png,\nc.png,x\nd.png,x|y\n",
        "path,labels\nd.png,y | x\nc.png,x\nb.png,\na.png,\"x|y|x\"\n",
        "labels,path\ny,a.png\nx,d.png\nx,c.png\ny,./d.png\n,b.png\nx,a.png\n,a.png\n",
      })
  void acceptsVariantsOfTheMultiLabelFormat(String text) {
    ImageTable images = open(table(text));

    assertThat(images.classes()).containsExactly("x", "y");
    assertThat(images.images().stream().map(images::relativePath))
        .containsExactly("a.png", "b.png", "c.png", "d.png");
    assertThat(images.labelSets())
        .isEqualTo(LabelSets.multiLabel(2, List.of(List.of(0, 1), List.of(), List.of(0))));
    assertThat(images.images()).extracting(LabeledImage::label).containsExactly(0, 1, 2, 0);
    assertThat(images.images().stream().map(images::classesOf))
        .containsExactly(List.of(0, 1), List.of(), List.of(0), List.of(0, 1));
    assertThat(images.labelSets().targets())
        .isDeepEqualTo(new boolean[][] {{true, true}, {false, false}, {true, false}});
  }

  @Test
  void multiLabelRowThatAddsALabelIsNotIgnored() {
    String text = "path,labels\na.png,x\na.png,y\na.png,y|x\na.png,\nb.png,z\n";

    assertThat(open(table(text)).passedOver()).isEqualTo(2);
  }

  @Test
  void columnLabelIsPreferredToColumnLabels() {
    ImageTable images = open(table("path,labels,label\na.png,x|y,p|q\nb.png,,r\n"));

    assertThat(images.classes()).containsExactly("p|q", "r");
    assertThat(images.labelSets().multiLabel()).isFalse();
    assertThat(images.labelSets().targets())
        .isDeepEqualTo(new boolean[][] {{true, false}, {false, true}});
  }

  @Test
  void oneClassIsEnoughForMultiLabelImages() {
    assertThat(open(table("path,labels\na.png,x\nb.png,\n")).classes()).containsExactly("x");
  }

  @Test
  void relabelingMapsLabelSets() {
    LabeledImages images = open(table("path,labels\na.png,x|y\nb.png,y\nc.png,\n"));

    LabeledImages known = images.withClasses(List.of("y", "other", "x"));
    LabeledImages part = known.only(known.images().subList(1, 3));

    assertThat(known.labelSets())
        .isEqualTo(LabelSets.multiLabel(3, List.of(List.of(0, 2), List.of(0), List.of())));
    assertThat(known.images()).isEqualTo(images.images());
    assertThat(part.images().stream().map(part::classesOf)).containsExactly(List.of(0), List.of());
    assertThatThrownBy(() -> images.withClasses(List.of("y")))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("Unknown class in " + images.source() + ": x");
  }

  @Test
  void digestOfAListingDependsOnAllLabels() {
    String one = DataListing.sha256(list(table("path,label\na.png,x\nb.png,y\n")));

    assertThat(DataListing.sha256(list(table("path,labels\na.png,x\nb.png,y\n")))).isEqualTo(one);
    assertThat(DataListing.sha256(list(table("path,labels\na.png,x|y\nb.png,y\n"))))
        .isNotEqualTo(one);
  }

  private static ImageTable open(Path table) {
    return ImageTable.open(table, ListingOptions.DEFAULT);
  }

  private static ImageTable list(Path table) {
    return ImageTable.list(table, ListingOptions.DEFAULT);
  }

  private Path table(String text) {
    return ImageFiles.write(folder.resolve("table.csv"), text);
  }
}
