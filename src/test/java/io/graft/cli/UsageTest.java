package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Help, and invalid command lines, which fail with exit code 2 before any work. */
class UsageTest {

  @TempDir static Path root;

  private static Path data;

  @BeforeAll
  static void drawImages() throws IOException {
    data = root.resolve("data");
    TinyPictures.draw(data, 2, 1, "rose", "tulip");
  }

  @Test
  void showsHelpWithoutACommand() {
    Cli cli = Cli.run();

    cli.failsWith(2, "No command given", "Usage: graft", "train", "demo", "Exit codes:");
  }

  @Test
  void helpAndVersionArePrintedOnStandardOutput() {
    assertThat(Cli.succeed("--version").out()).matches("graft \\d+\\.\\d+\\.\\d+\\R");
    assertThat(Cli.succeed("--help").out()).contains("Usage: graft", "train", "3 bad data");
    assertThat(Cli.succeed("train", "--help").out())
        .contains("Usage: graft train --data DIR|CSV --out MODEL", "--epochs=N", "Examples:");
    Cli.run("zoo").failsWith(2, "graft zoo list");
  }

  @Test
  void helpOfACommandIsThatOfItsHelpOption() {
    assertThat(Cli.succeed("help").out()).isEqualTo(Cli.succeed("--help").out());
    assertThat(Cli.succeed("help", "train").out()).isEqualTo(Cli.succeed("train", "--help").out());
    assertThat(Cli.succeed("help", "zoo", "fetch").out())
        .isEqualTo(Cli.succeed("zoo", "fetch", "--help").out());
    Cli.run("help", "trian").failsWith(2, "Unknown command 'trian'; did you mean 'train'?");
  }

  @ParameterizedTest
  @MethodSource("io.graft.cli.CommandLinePageTest#commands")
  void examplesOfACommandCanBePasted(CommandLine command) {
    String[] footer = command.getCommandSpec().usageMessage().footer();
    assertThat(footer).hasSizeGreaterThan(2);
    assertThat(footer[1]).matches("Examples?:");
    String help = command.getUsageMessage();
    assertThat(help).startsWith("Usage: " + command.getCommandSpec().qualifiedName() + " ");
    for (String example : help.substring(help.indexOf(footer[1])).lines().skip(1).toList()) {
      assertThat(example).hasSizeLessThan(78);
      String[] words = example.strip().split(" ", -1);
      assertThat(words[0]).isEqualTo("graft");
      // Throws if a word is unknown or a required option is missing.
      new CommandLine(new Main()).parseArgs(Arrays.copyOfRange(words, 1, words.length));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--lr, --learning-rate",
    "--batch, --batch-size",
    "--wd, --weight-decay",
    "--val, --validation"
  })
  void shortNamesAreAliases(String alias, String name) {
    CommandSpec train = new CommandLine(new Main()).getSubcommands().get("train").getCommandSpec();
    assertThat(train.findOption(alias)).isSameAs(train.findOption(name)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({"--output, --out", "--bs=8, --batch-size", "--gpu, --device", "--dataset, --data"})
  void namesOfOtherProgramsGetASuggestion(String typed, String meant) {
    Cli.run("train", "--data", data, "--out", "model", typed)
        .failsWith(2, "Unknown option", "did you mean '" + meant + "'?");
  }

  @Test
  void parserSpeaksPlainEnglish() {
    Cli.run("train", "--data", "a", "--data", "b", "--out", "c")
        .failsWith(2, "graft: --data was given more than once. Expected it once.");
    Cli.run("train", "--out").failsWith(2, "graft: --out needs a value: MODEL.");
    Cli.run("train", "--out", "c").failsWith(2, "graft: Missing option: '--data=DIR|CSV'.");
    Cli.run("predict", "--model", "m").failsWith(2, "graft: Missing parameter: 'IMAGE'.");
  }

  @Test
  void commandsAreNamedAsTheProgramWasCalled() {
    System.setProperty("graft.program", "./my graft");
    try {
      assertThat(Cli.succeed("train", "--help").out())
          .contains("Usage: './my graft' train --data", "  './my graft' train --data flowers");
      Cli.run("train", "--epoch").failsWith(2, "Try ''./my graft' train --help'.");
    } finally {
      System.clearProperty("graft.program");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "train", "predict", "evaluate", "extract", "doctor"})
  void everyCommandHasHelp(String command) {
    assertThat(Cli.succeed(command, "--help").out()).contains("Usage: graft " + command, "--json");
  }

  @ParameterizedTest
  @CsvSource({
    "trian, train",
    "predcit, predict",
    "evalute, evaluate",
    "extrat, extract",
    "Doctor, doctor"
  })
  void unknownCommandSuggestsTheMostSimilar(String typed, String meant) {
    Cli.run(typed).failsWith(2, "Unknown command '" + typed + "'", "did you mean '" + meant + "'?");
  }

  @Test
  void unknownCommandWithoutASimilarOneListsAllCommands() {
    Cli.run("frobnicate")
        .failsWith(2, "Unknown command 'frobnicate'. Expected one of demo, train, predict");
  }

  @ParameterizedTest
  @CsvSource({
    "--epoch, --epochs",
    "--learning_rate, --learning-rate",
    "--bacth-size=3, --batch-size",
    "--validaton, --validation",
    "--Json, --json"
  })
  void unknownOptionSuggestsTheMostSimilar(String typed, String meant) {
    Cli.run("train", typed, "3")
        .failsWith(2, "Unknown option '" + typed.replaceFirst("=.*", ""), "'" + meant + "'?");
  }

  @Test
  void missingOptionsAndArgumentsAreNamed() {
    Cli.run("train").failsWith(2, "--data", "--out", "Try 'graft train --help'");
    Cli.run("predict", "--model", "m").failsWith(2, "IMAGE");
    Cli.run("evaluate", "--data", data, "more").failsWith(2, "Unexpected argument 'more'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--epochs           | 0     | Epochs is 0: expected a whole number of at least 1",
        "--epochs           | -3    | Epochs is -3: expected a whole number of at least 1",
        "--epochs           | ten   | 'ten' is not a whole number",
        "--epochs           | 1.5   | '1.5' is not a whole number",
        "--batch-size       | 0     | Batch size is 0: expected a whole number of at least 1",
        "--batch-size       | x     | '--batch-size': 'x' is not a whole number",
        "--learning-rate    | nan   | 'nan' is neither a number",
        "--learning-rate    | NaN   | Learning rate is NaN: expected a positive number",
        "--learning-rate    | 0     | Learning rate is 0.0: expected a positive number",
        "--learning-rate    | Infinity | Learning rate is Infinity: expected a positive number",
        "--learning-rate    | fast  | 'fast' is neither a number",
        "--seed             | one   | 'one' is not a whole number",
        "--head             | flaten | No head 'flaten'; did you mean 'flatten'?",
        "--backbone         | vgg17 | No backbone 'vgg17'; did you mean 'vgg1",
        "--backbone         | resnet50 | Expected one of vgg11, vgg13, vgg16, vgg19",
        "--on-bad-image     | ignore | 'ignore' is neither skip nor fail",
        "--validation-split | 1     | Validation split is 1.0: expected a share from 0 to below 1",
        "--validation-split | -0.1  | Validation split is -0.1: expected a share",
        "--validation-split | NaN   | Validation split is NaN: expected a share",
        "--device           | xyz   | Unknown device: xyz. Expected auto, cpu, cuda, cuda:N",
        "--device           | cuda:x | Unknown device: cuda:x. Expected auto, cpu, cuda",
        "--hidden           | 256,0 | A hidden layer has 0 units",
        "--hidden           | many  | 'many' is not a whole number",
        "--activation       | rulu  | No activation 'rulu'; did you mean 'relu'?",
        "--activation       | tanh  | --activation is for hidden layers, but there are none",
        "--dropout          | 1     | Dropout is 1.0: expected a probability",
        "--optimizer        | adamx | No optimizer 'adamx'; did you mean 'adam'?",
        "--momentum         | 0.9   | --momentum is for --optimizer sgd or rmsprop, but the"
            + " optimizer",
        "--weight-decay     | -1    | weight decay is -1.0",
        "--schedule         | cosin | No schedule 'cosin'; did you mean 'cosine'?",
        "--schedule         | step  | Add --step-size",
        "--warmup           | 2     | --warmup is for --schedule cosine, but the schedule is"
            + " constant",
        "--clip-norm        | 0     | Clip norm is 0.0: expected a positive number",
        "--accumulate       | 0     | Accumulate is 0: expected a whole number",
        "--loss             | mae   | No loss 'mae'; did you mean 'mse'?",
        "--label-smoothing  | 1     | Label smoothing is 1.0: expected a share",
        "--class-weights    | 1,x   | Class weights are '1,x': expected balanced, or",
        "--class-weights    | 1,0   | A class weight is 0.0: expected positive numbers",
        "--class-weights    | 1,2,3 | There are 3 class weights and 2 classes",
        "--sampling         | even  | No sampling 'even'. Expected one of shuffled, balanced",
        "--seeds            | 0     | Seeds is 0: expected a whole number",
        "--early-stopping   | 0     | patience is 0: expected a whole number",
        "--weights          | ''    | expected pretrained, random, or a file of weights",
      })
  void invalidValuesAreRefused(String option, String value, String message) {
    Path out = root.resolve("never");

    Cli.run("train", "--data", data, "--out", out, option, value).failsWith(2, message);

    assertThat(out).doesNotExist();
  }

  @Test
  void optionsAreCheckedBeforeTheData() {
    Cli.run("train", "--data", root.resolve("none"), "--out", "m", "--validation-split", "7")
        .failsWith(2, "Validation split is 7.0");
    Cli.run("train", "--data", root.resolve("none"), "--out", "m", "--backbone", "vgg17")
        .failsWith(2, "No backbone");
  }

  @Test
  void validationAndValidationSplitExcludeEachOther() {
    Cli.run("train", "--data", data, "--out", "m", "--validation", data, "--validation-split", 0.2)
        .failsWith(2, "--validation", "--validation-split", "at most one");
  }

  @Test
  void extractRefusesUnknownLayersAndTypes() {
    Path out = root.resolve("f.safetensors");
    List<Object> extract = List.of("extract", "--data", data, "--out", out, "--weights", "random");

    Cli.run(with(extract, "--boundary", "block5_pol"))
        .failsWith(2, "No layer 'block5_pol' in vgg16; did you mean 'block5_pool'?");
    Cli.run(with(extract, "--boundary", "features.300"))
        .failsWith(2, "No layer 'features.300'", "did you mean 'features.30'?");
    Cli.run(with(extract, "--dtype", "float64"))
        .failsWith(2, "'float64' is neither float16 nor float32");
    assertThat(out).doesNotExist();
  }

  @Test
  void unwritableOutputIsRefusedBeforeAnyWork() throws IOException {
    Path file = Files.writeString(root.resolve("file"), "not a folder");
    Path foreign = Files.createDirectories(root.resolve("foreign"));
    Files.writeString(foreign.resolve("thesis.txt"), "years of work");

    Cli.run("train", "--data", data, "--weights", "random", "--out", file.resolve("model"))
        .failsWith(2, "Cannot write", "file/model", "Expected a place with write permission");
    Cli.run("train", "--data", data, "--weights", "random", "--out", file)
        .failsWith(2, "exists and is not a Graft model", "Name a new folder");
    Cli.run("train", "--data", data, "--weights", "random", "--out", foreign)
        .failsWith(2, "exists and is not a Graft model", "left as it is");
    Cli.run("extract", "--data", data, "--weights", "random", "--out", file.resolve("f"))
        .failsWith(2, "Cannot write");
    Cli.run("demo", "--out", foreign).failsWith(2, "Cannot create the folder", "--out");

    assertThat(foreign.resolve("thesis.txt")).hasContent("years of work");
    assertThat(file).hasContent("not a folder");
  }

  @Test
  void topMustBeAtLeastOne() {
    Cli.run("predict", "--model", "m", "--top", "0", "a.jpg")
        .failsWith(2, "Top is 0: expected a whole number of at least 1");
  }

  private static Object[] with(List<Object> words, Object... more) {
    Object[] all = new Object[words.size() + more.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = i < words.size() ? words.get(i) : more[i - words.size()];
    }
    return all;
  }
}
