package io.graft.cli;

import com.google.gson.JsonObject;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.SeedOption;
import io.graft.cli.report.Console;
import io.graft.drawing.PictureSet;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Draws labelled pictures to train a backbone on. */
@Command(
    name = "draw",
    sortOptions = false,
    customSynopsis = "${COMMAND-FULL-NAME} --out DIR [OPTION...]",
    footer = {"", "Example:", "  ${ROOT-COMMAND-NAME} draw --out drawn --classes 100"},
    description =
        "Draw labelled pictures of made-up objects, to train a backbone on. The same seed gives the"
            + " same pixels on every machine.")
final class DrawCommand implements Callable<Integer> {

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "A new folder for the pictures, one sub-folder per class.")
  private Path out;

  @Option(
      names = "--classes",
      paramLabel = "N",
      defaultValue = "600",
      description = "Number of classes; ${DEFAULT-VALUE} if absent.")
  private int classes;

  @Option(
      names = "--per-class",
      paramLabel = "N",
      defaultValue = "100",
      description = "Pictures of each class; ${DEFAULT-VALUE} if absent.")
  private int perClass;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "96",
      description = "Width and height of the pictures; ${DEFAULT-VALUE} if absent.")
  private int size;

  @Mixin private SeedOption seed;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    long start = System.nanoTime();
    PictureSet set = new PictureSet(classes, perClass, size, seed.seed);
    Console console = common.console();
    int total = set.pictures();
    set.write(out, done -> console.drawn(done, total));
    double seconds = (System.nanoTime() - start) / 1e9;
    if (common.json) {
      JsonObject json = new JsonObject();
      json.addProperty("images", total);
      json.addProperty("classes", classes);
      json.addProperty("size", size);
      json.addProperty("seed", seed.seed);
      json.addProperty("seconds", seconds);
      json.addProperty("pictures", out.toString());
      common.print(json);
    } else {
      common.printLine("%d pictures of %d classes in %s, %.1f s", total, classes, out, seconds);
    }
    return 0;
  }
}
