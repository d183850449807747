package io.graft;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Compares the list of API types in docs/api.md with the classes and their users. */
class ApiListTest {

  private static final int MAX_TYPES = 77;

  private static final Path PAGE = Path.of("docs", "api.md");
  private static final Path SOURCES = Path.of("src", "main", "java");

  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `(io\\.graft[\\w.]*)` \\| (.*) \\|$");
  private static final Pattern TYPE = Pattern.compile("`(\\w+)`");
  private static final Pattern IMPORT = Pattern.compile("(?m)^import (io\\.graft[\\w.]*);");

  /** Internal types that a few commands use besides the API. */
  private static final Set<String> INTERNALS_OF_COMMANDS =
      Set.of(
          // doctor
          "io.graft.backbone.PlanChooser",
          "io.graft.backbone.PlanTimings",
          // zoo fetch, list and verify
          "io.graft.fetch.CacheCheck",
          "io.graft.fetch.PublishedFile",
          "io.graft.fetch.WeightCache",
          // doctor
          "io.graft.cuda.Kernels",
          "io.graft.image.codec.ImageDecoder",
          // train, doctor
          "io.graft.image.input.FastDecoding",
          "io.graft.image.input.InputImages");

  private static JavaClasses classes;
  private static Set<String> listed;

  @BeforeAll
  static void read() throws IOException {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.graft");
    listed = new TreeSet<>();
    String page = Files.readString(PAGE);
    Matcher rows = ROW.matcher(page.substring(page.indexOf("## The types of the API")));
    while (rows.find()) {
      String name = rows.group(1);
      TYPE.matcher(rows.group(2)).results().forEach(type -> listed.add(name + "." + type.group(1)));
    }
  }

  private static Stream<JavaClass> publicTypes() {
    return classes.stream()
        .filter(
            type -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC));
  }

  @Test
  void listedTypesArePublicAndFew() {
    assertThat(publicTypes().map(JavaClass::getName)).containsAll(listed);
    assertThat(listed).hasSizeLessThanOrEqualTo(MAX_TYPES).contains("io.graft.TransferLearner");
  }

  @Test
  void packagesOfOtherPublicTypesAreMarkedInternal() {
    Set<String> packages =
        publicTypes()
            .filter(type -> !listed.contains(type.getName()))
            .map(JavaClass::getPackageName)
            .collect(toCollection(TreeSet::new));
    assertThat(packages)
        .isNotEmpty()
        .allSatisfy(
            name ->
                assertThat(
                        Files.readString(
                            SOURCES.resolve(name.replace('.', '/')).resolve("package-info.java")))
                    .containsPattern("\\A/\\*\\*\\s+(\\* )?Internal"));
  }

  @Test
  void commandLineUsesOnlyTheApiExceptForListedTypes() {
    Set<String> others = new TreeSet<>();
    classes.stream()
        .filter(type -> type.getPackageName().startsWith("io.graft.cli"))
        .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
        .map(dependency -> dependency.getTargetClass().getBaseComponentType())
        .filter(used -> used.getName().startsWith("io.graft."))
        .filter(
            used ->
                Stream.of("io.graft.cli", "io.graft.runtime", "io.graft.drawing")
                    .noneMatch(used.getPackageName()::startsWith))
        .map(used -> used.getName().replaceFirst("\\$.*", ""))
        .filter(name -> !listed.contains(name))
        .forEach(others::add);
    assertThat(others).containsExactlyInAnyOrderElementsOf(INTERNALS_OF_COMMANDS);
  }

  @Test
  void examplesUseOnlyTheApi() throws IOException {
    Set<String> imported = new TreeSet<>();
    for (Path page : new Path[] {PAGE, Path.of("README.md")}) {
      IMPORT.matcher(Files.readString(page)).results().forEach(m -> imported.add(m.group(1)));
    }
    assertThat(imported).isNotEmpty();
    assertThat(listed).containsAll(imported);
  }
}
