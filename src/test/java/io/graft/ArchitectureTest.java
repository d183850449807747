package io.graft;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Dependencies between packages point one way; each package has its list. */
class ArchitectureTest {

  private static final String ROOT = "io.graft";

  /** What each package may use of ours, besides itself. The root and {@code cli} are below. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("runtime", Set.of()),
          Map.entry("eval", Set.of()),
          Map.entry("drawing", Set.of("runtime")),
          Map.entry("weights", Set.of("runtime")),
          Map.entry("image", Set.of("runtime")),
          Map.entry("nn", Set.of("runtime", "weights")),
          Map.entry("data", Set.of("runtime", "image")),
          Map.entry("zoo", Set.of("runtime", "image", "weights", "nn")),
          Map.entry("backbone", Set.of("runtime", "image", "weights", "nn")),
          Map.entry("features", Set.of("runtime", "image", "weights", "nn", "data", "backbone")),
          Map.entry(
              "train", Set.of("runtime", "image", "weights", "nn", "data", "features", "eval")),
          Map.entry(
              "model",
              Set.of(
                  "runtime",
                  "image",
                  "weights",
                  "nn",
                  "zoo",
                  "data",
                  "backbone",
                  "features",
                  "train",
                  "eval")));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void eachPackageUsesOnlyItsList() {
    MAY_USE.forEach(
        (name, used) -> {
          List<String> allowed = new ArrayList<>(List.of(packageOf(name)));
          used.forEach(other -> allowed.add(packageOf(other)));
          classes()
              .that(inPackage(packageOf(name)))
              .should()
              .onlyDependOnClassesThat(
                  outsideOfGraft().or(inPackage(allowed.toArray(String[]::new))))
              .check(CLASSES);
        });
  }

  @Test
  void everyPackageHasAList() {
    Set<String> packages =
        CLASSES.stream()
            .map(JavaClass::getPackageName)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> known =
        new TreeSet<>(Set.of(ROOT, ROOT + ".cli", ROOT + ".cli.options", ROOT + ".cli.report"));
    MAY_USE.keySet().forEach(name -> known.add(ROOT + "." + name));
    assertThat(packages).isEqualTo(known);
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void nothingUsesTheCommandLineAndOnlyItUsesTheRoot() {
    noClasses()
        .that(inPackage(ROOT + "..").and(DescribedPredicate.not(inPackage("io.graft.cli.."))))
        .should()
        .dependOnClassesThat(inPackage("io.graft.cli.."))
        .check(CLASSES);
    classes()
        .that(inPackage(ROOT))
        .should()
        .onlyHaveDependentClassesThat(inPackage(ROOT).or(inPackage("io.graft.cli..")))
        .check(CLASSES);
  }

  @Test
  void eachLibraryHasOnePlace() {
    onlyIn("picocli..", "io.graft.cli..");
    onlyIn("org.apache.commons.csv..", "io.graft.data");
    onlyIn("com.sun.jna..", "io.graft.runtime", "io.graft.image");
    onlyIn("javax.imageio..", "io.graft.image", "io.graft.drawing");
    onlyIn("ai.djl.repository..", "io.graft.zoo");
    onlyIn("ai.djl.pytorch..", "io.graft.nn", "io.graft.runtime");
  }

  @Test
  void arithmeticOnPlainArraysKnowsNoLibrary() {
    classes()
        .that(inPackage("io.graft.eval"))
        .should()
        .onlyDependOnClassesThat(inPackage("io.graft.eval").or(inPackage("java..")))
        .check(CLASSES);
    noClasses()
        .that(inPackage("io.graft.weights"))
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
    return ROOT + "." + name;
  }
}
