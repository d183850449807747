package io.graft;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks that packages use only the packages in their list, and that the lists have no cycle. */
class ArchitectureTest {

  private static final String ROOT = "io.graft";

  /** Each package and those that it may use, besides itself and {@code runtime}; lowest first. */
  private static final List<String> MAY_USE =
      List.of(
          "runtime:",
          "cuda:",
          "eval:",
          "drawing:",
          "fetch:",
          "tensors:",
          "image:",
          "image.codec: image",
          "image.input: image image.codec",
          "data.splits:",
          "data.listing: image.codec",
          "data: data.listing data.splits image image.codec image.input",
          "torchscript: tensors",
          "nn: tensors torchscript",
          "weights.pytorch: tensors",
          "weights.keras: tensors nn",
          "weights: tensors nn weights.pytorch weights.keras",
          "zoo: fetch tensors image nn weights",
          "backbone: cuda tensors image image.input nn torchscript",
          "features: tensors image image.codec image.input nn data backbone",
          "recipe: image nn data data.splits eval",
          "train: tensors nn torchscript data data.splits features eval recipe",
          "model: tensors image image.input nn data zoo backbone features train eval recipe",
          "fit: image image.codec image.input tensors nn data zoo backbone features train eval"
              + " model recipe",
          ": image image.input tensors nn data zoo backbone features train eval model recipe fit",
          "cli.report: image nn data eval backbone features train model",
          "cli.options: cli.report image image.input tensors nn fetch zoo features train recipe"
              + " model",
          "cli.options.data: cli.report image image.codec data features",
          "cli: cuda cli.options.data cli.options cli.report image image.codec image.input tensors"
              + " nn data drawing eval fetch zoo backbone features train model recipe");

  /** The packages that may use the root package. */
  private static final Set<String> USERS_OF_THE_ROOT =
      Set.of("cli", "cli.options", "cli.options.data", "cli.report");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  private static String name(String line) {
    return line.substring(0, line.indexOf(':'));
  }

  private static List<String> used(String line) {
    return Arrays.stream(line.substring(line.indexOf(':') + 1).split(" "))
        .filter(name -> !name.isEmpty())
        .toList();
  }

  @Test
  void eachPackageUsesOnlyThePackagesInItsList() {
    for (String line : MAY_USE) {
      String name = name(line);
      Stream<String> allowed = Stream.concat(Stream.of(name, "runtime"), used(line).stream());
      if (USERS_OF_THE_ROOT.contains(name)) {
        allowed = Stream.concat(allowed, Stream.of(""));
      }
      classes()
          .that(inPackage(packageOf(name)))
          .should()
          .onlyDependOnClassesThat(
              outsideOfGraft()
                  .or(inPackage(allowed.map(ArchitectureTest::packageOf).toArray(String[]::new))))
          .check(CLASSES);
    }
  }

  @Test
  void everyPackageHasAList() {
    Set<String> packages =
        CLASSES.stream()
            .map(JavaClass::getPackageName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(MAY_USE.stream().map(line -> packageOf(name(line))))
        .containsExactlyInAnyOrderElementsOf(packages);
  }

  @Test
  void packagesFormNoCycle() {
    Set<String> lower = new TreeSet<>();
    for (String line : MAY_USE) {
      assertThat(lower).as(line).containsAll(used(line));
      lower.add(name(line));
    }
  }

  @Test
  void eachLibraryIsUsedOnlyInItsPackages() {
    onlyIn("picocli..", "io.graft.cli..");
    onlyIn("org.apache.commons.csv..", "io.graft.data");
    onlyIn(
        "com.sun.jna..",
        "io.graft.runtime",
        "io.graft.cuda",
        "io.graft.image.codec",
        "io.graft.image.input");
    onlyIn("javax.imageio..", "io.graft.image.codec", "io.graft.drawing");
    onlyIn("ai.djl.repository..", "io.graft.zoo");
    onlyIn(
        "ai.djl.pytorch..",
        "io.graft.torchscript",
        "io.graft.nn",
        "io.graft.runtime",
        "io.graft.cuda");
    onlyIn("io.jhdf..", "io.graft.weights.keras");
  }

  @Test
  void evaluationUsesNoLibrary() {
    classes()
        .that(inPackage("io.graft.eval"))
        .should()
        .onlyDependOnClassesThat(inPackage("io.graft.eval").or(inPackage("java..")))
        .check(CLASSES);
  }

  @Test
  void fileReadersDoNotDependOnTheEngine() {
    noClasses()
        .that(inPackage("io.graft.tensors", "io.graft.weights.pytorch", "io.graft.fetch"))
        .should()
        .dependOnClassesThat(inPackage("ai.djl.."))
        .check(CLASSES);
  }

  private static void onlyIn(String library, String... packages) {
    noClasses()
        .that(DescribedPredicate.not(inPackage(packages)))
        .should()
        .dependOnClassesThat(inPackage(library))
        .check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> outsideOfGraft() {
    return DescribedPredicate.not(inPackage(ROOT + ".."));
  }

  private static DescribedPredicate<JavaClass> inPackage(String... packages) {
    return JavaClass.Predicates.resideInAnyPackage(packages);
  }

  private static String packageOf(String name) {
    return name.isEmpty() ? ROOT : ROOT + "." + name;
  }
}
