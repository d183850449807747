package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import io.graft.runtime.BadDataException;
import io.graft.runtime.GraftException;
import io.graft.runtime.InvalidOptionException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ways to write a table of images, and what is refused instead of read wrongly. */
class TableFormatTest {

  private static final TableFormat DEFAULTS = TableFormat.defaults();

  @TempDir Path folder;

  /** A table and its labels by path. */
  private record Case(char delimiter, String text, Map<String, String> labels) {}

  /** Python's csv module wrote the tables. tables_reference.py in this folder calls it. */
  @Test
  void readsTheDialectsThatPythonWrites() throws IOException {
    Case[] cases =
        new Gson()
            .fromJson(
                Files.readString(Path.of("src/test/resources/golden/tables.json")), Case[].class);
    assertThat(cases).hasSize(48);
    for (Case expected : cases) {
      TableFormat format = DEFAULTS.withDelimiter(expected.delimiter);
      assertThat(labels(ImageTable.list(table(expected.text), ListingOptions.of(format))))
          .as(expected.text)
          .isEqualTo(expected.labels);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        // More fields than the header: a comma that is not quoted.
        "path,label~a,x~p,rose, red~           ! Line 3 of ! more fields (3) than the header (2)",
        "path,label~a,b.png,x~                 ! Line 2 of ! received a,b.png,x",
        "path,label,~a,x,~b,y,z~               ! Line 3 of ! more fields (3) than the header (2)",
        // Fewer fields: a row that was cut.
        "path,label,note~a,x,1~b,y~            ! Line 3 of ! fewer fields (2) than the header (3)",
        "path,labels~a,x~b~                    ! Line 3 of ! fewer fields (1) than the header (2)",
        // The line is that where the row begins, however the lines before end.
        "path,note,label~a,'1~2~3',x~~ ~b,y~   ! Line 7 of ! fewer fields (2)",
        "path,label#a,x#b,y,z#                 ! Line 3 of ! more fields",
        "path,label#~a,x#~#~b,y,z#~            ! Line 4 of ! more fields",
        "sep=,~path,label~a,x~b,y,z~           ! Line 4 of ! more fields",
        // Quotes.
        "path,label~a,x~b,'y~c,x~              ! Line 3 of ! nothing closes it",
        "path,label~a,x~b,'y'z~                ! Line 3 of ! text follows the closing quote",
        "path,label~a,'x~y'~b,z~               ! Line 2 of ! a label of two lines",
        // The header.
        "path;label~a;x~                       ! has one if the delimiter is ; ! received"
            + " path;label",
        "'path;label'~a;x~                     ! has one if the delimiter is ; ! not ,",
        "path;label, name~a;x,1~               ! has one if the delimiter is ; ! not ,",
        "path\tlabel~a\tx~                     ! the delimiter is \\t ! not ,",
        "path|label~a|x~                       ! the delimiter is | ! not ,",
        "paht,label~a,x~                       ! no column 'path' ! did you mean 'paht'?",
        "path,Label,LABEL~a,x,y~               ! two columns 'label' ! (line 1)",
        "path,label,label ~a,x,y~              ! two columns 'label' ! (line 1)",
        "sep=;~path,label~a,x~                 ! the delimiter is , ! (line 2)",
      })
  void refusesWhatItWouldReadWrongly(String text, String part, String other) {
    Path table = table(text.replace('~', '\n').replace('#', '\r').replace('\'', '"'));

    assertThatThrownBy(() -> LabeledImages.open(table))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll(part, other, table.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "path,label\na.png,\"x \"\nb.png,\" y\"\n",
        "\" path\",\"label \"\na.png,x\nb.png,\t y\n",
        "path,label\na.png,\u00a0x\nb.png,\"y\u00a0\"\n",
        "path,label,\na.png,x,\nb.png,y,\n",
        "path,label,,\na.png,x\nb.png,y,,,\n",
        "path,label\na.png,x,\n,\n\n  \nb.png,y, \n,,,\n",
        "\n\npath,label\ra.png,x\r\rb.png,y",
        "Path,LABEL\na.png,x\nb.png,y\n",
        "Path,path,Label,label\nz,a.png,p,x\nz,b.png,p,y\n",
        "sep=;\r\npath;label\r\na.png;x\r\nb.png;y\r\n",
        "\uFEFFsep=\t\rpath\tlabel\ra.png\tx\rb.png\ty\r",
        "\"sep=|\"\npath|label\na.png|x\nb.png|y\n",
        "SEP=,\npath,label\na.png,x\nb.png,y\n",
      })
  void readsWhatSpreadsheetsWrite(String text) {
    assertThat(labels(LabeledImages.open(table(text))))
        .isEqualTo(Map.of("a.png", "x", "b.png", "y"));
  }

  @Test
  void readsTheNamedColumns() {
    Path table = table("id;label;file;kinds;patient\n1;p;a.png;x|y;7\n2;q;b.png;z;8\n");
    TableFormat format = DEFAULTS.withDelimiter(';').withImageColumn(" file ");

    LabeledImages several = LabeledImages.open(table, format.withLabelsColumn("KINDS"));
    LabeledImages one =
        LabeledImages.open(table, format.withLabelColumn("kinds"), List.of("z", "x|y"));

    assertThat(labels(LabeledImages.open(table, format)))
        .isEqualTo(Map.of("a.png", "p", "b.png", "q"));
    assertThat(several.labelSets().multiLabel()).isTrue();
    assertThat(several.images().stream().map(several::classesOf))
        .containsExactly(List.of(0, 1), List.of(2));
    assertThat(labels(one)).isEqualTo(Map.of("a.png", "x|y", "b.png", "z"));
    assertThat(one.labelSets().multiLabel()).isFalse();
  }

  @Test
  void readsLabelsBetweenDelimitersOfTheSameKind() {
    LabeledImages images =
        LabeledImages.open(
            table("path|labels\na.png|\"x|y\"\nb.png|x\n"), DEFAULTS.withDelimiter('|'));

    assertThat(images.classes()).containsExactly("x", "y");
    assertThat(images.images().stream().map(images::classesOf))
        .containsExactly(List.of(0, 1), List.of(0));
  }

  @Test
  void pathsStartAtTheRootOfTheImages() throws IOException {
    Path root = Files.createDirectories(folder.resolve("photos"));
    Path table = table("path,label\nb/1.png,x\na.png,y\n");

    LabeledImages images = LabeledImages.open(table, DEFAULTS.withImageRoot(root));

    assertThat(images.images())
        .containsExactly(
            new LabeledImage(root.resolve("a.png"), 1),
            new LabeledImage(root.resolve("b/1.png"), 0));
    assertThat(images.images().stream().map(images::relativePath))
        .containsExactly("a.png", "b/1.png");
    assertThatThrownBy(
            () -> LabeledImages.open(table, DEFAULTS.withImageRoot(folder.resolve("none"))))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("No such folder of images");
  }

  @Test
  void backslashesSeparateNamesUnlessSuchAFileExists() {
    ImageFiles.draw(folder.resolve("rose\\2.jpg"));
    Path table = table("path,label\nrose\\1.jpg,x\nrose\\2.jpg,y\nrose/1.jpg,x\n\" 3.jpg\",y\n");

    LabeledImages images = LabeledImages.open(table);

    assertThat(images.images().stream().map(LabeledImage::path))
        .containsExactlyInAnyOrder(
            folder.resolve("rose/1.jpg"), folder.resolve("rose\\2.jpg"), folder.resolve("3.jpg"));
    assertThat(images.passedOver()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "UTF-16, it is UTF-16 text",
    "UTF-16LE, it is UTF-16 text",
    "UTF-16BE, it is UTF-16 text",
    "x-UTF-16LE-BOM, it is UTF-16 text",
    "X-UTF-32LE-BOM, it is UTF-32 text",
    "ISO-8859-1, it is not UTF-8 text; see line 3",
    "windows-1252, it is not UTF-8 text; see line 3",
  })
  void refusesOtherEncodingsByName(String encoding, String reason) throws IOException {
    Path table = folder.resolve("table.csv");
    Files.write(
        table, "path,label\r\na.png,x\r\nb.png,löwe\r\n".getBytes(Charset.forName(encoding)));

    assertThatThrownBy(() -> LabeledImages.open(table))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll(reason, table.toString(), "UTF-8");
  }

  @Test
  void refusesAWorkbook() throws IOException {
    Path table = folder.resolve("table.csv");
    Files.write(table, "PK\u0003\u0004rest".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> LabeledImages.open(table))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll("a zip file", "CSV text in UTF-8");
  }

  @Test
  void refusesSettingsThatContradictEachOther() throws IOException {
    Files.createDirectories(folder.resolve("images/rose"));

    assertThatThrownBy(
            () -> LabeledImages.open(folder.resolve("images"), DEFAULTS.withDelimiter(';')))
        .isInstanceOf(InvalidOptionException.class)
        .asInstanceOf(InstanceOfAssertFactories.throwable(InvalidOptionException.class))
        .extracting(GraftException::settings)
        .isEqualTo(List.of("delimiter"));
    refused(() -> DEFAULTS.withDelimiter('x')).hasMessageContaining("The delimiter is 'x'");
    refused(() -> DEFAULTS.withImageColumn(" ")).hasMessageContaining("is empty");
    refused(() -> DEFAULTS.withLabelColumn("path")).hasMessageContaining("two purposes");
  }

  private static AbstractThrowableAssert<?, ?> refused(ThrowingCallable call) {
    return assertThatThrownBy(call).isInstanceOf(InvalidOptionException.class);
  }

  /** A table of any bytes is read or refused, and nothing else happens. */
  @Property(tries = 500)
  void anyBytesAreReadOrRefused(@ForAll byte[] bytes, @ForAll boolean header) throws IOException {
    Path table = Files.createTempFile("table", ".csv");
    try {
      byte[] start = (header ? "path,label\n" : "").getBytes(StandardCharsets.UTF_8);
      byte[] all = new byte[start.length + bytes.length];
      System.arraycopy(start, 0, all, 0, start.length);
      System.arraycopy(bytes, 0, all, start.length, bytes.length);
      Files.write(table, all);
      ImageTable.list(table, ListingOptions.of(DEFAULTS));
    } catch (BadDataException e) {
      assertThat(e).hasMessageContaining(table.toString());
    } finally {
      Files.delete(table);
    }
  }

  private static Map<String, String> labels(LabeledImages images) {
    Map<String, String> labels = new TreeMap<>();
    for (LabeledImage image : images.images()) {
      labels.put(images.relativePath(image), images.classes().get(image.label()));
    }
    return labels;
  }

  private Path table(String text) {
    return ImageFiles.write(folder.resolve("table.csv"), text);
  }
}
