package io.graft.cli.options;

import io.graft.cli.report.Console;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.OutputException;
import io.graft.train.Checkpoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Where and how often a training keeps its state, and whether it goes on from what is there. */
public final class CheckpointOptions {

  private static final Pattern EVERY = Pattern.compile("([1-9][0-9]{0,5})(s|m|h|epochs?)");

  @Option(
      names = "--resume",
      description =
          "Go on from the newest checkpoint of the same training, to the same result; from the"
              + " beginning where there is none.")
  boolean resume;

  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      description =
          "The folder for checkpoints; beside --out and named after it with .checkpoint if absent."
              + " Removed when the result is saved.")
  private Path folder;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "WHEN",
      defaultValue = "10m",
      description =
          "30s, 10m or 1h between checkpoints, or 1epoch, 5epochs; 10m if absent. One is also"
              + " written on Ctrl-C and SIGTERM.")
  private String every;

  @Option(
      names = "--keep-checkpoint",
      description =
          "Keep the last checkpoint when the result is saved, to continue with more --epochs later.")
  private boolean keep;

  /** Whether something was asked for that one training alone can have. */
  public boolean asked() {
    return resume || folder != null || keep;
  }

  /**
   * The choice.
   *
   * @param out what the training will write
   */
  public Checkpoints resolve(Path out) {
    Path target = out.toAbsolutePath().normalize();
    Path chosen =
        folder == null ? target.resolveSibling(target.getFileName() + ".checkpoint") : folder;
    if (Files.exists(chosen) && !Files.isDirectory(chosen)) {
      throw new OutputException(
          chosen
              + " is a file, and checkpoints need a folder there. Move it away, or name another place"
              + " with --checkpoint.");
    }
    DurableFiles.requireWritable(chosen);
    Matcher matcher = EVERY.matcher(every.strip());
    if (!matcher.matches()) {
      throw new InvalidOptionException(
          "Checkpoint every '"
              + every
              + "': expected a whole number with s, m, h, epoch or epochs behind it, such as 10m or"
              + " 5epochs.");
    }
    int number = Integer.parseInt(matcher.group(1));
    Checkpoints checkpoints = Checkpoints.in(chosen).withResume(resume).withKeep(keep);
    return switch (matcher.group(2)) {
      case "s" -> checkpoints.every(Duration.ofSeconds(number));
      case "m" -> checkpoints.every(Duration.ofMinutes(number));
      case "h" -> checkpoints.every(Duration.ofHours(number));
      default -> checkpoints.everyEpochs(number);
    };
  }

  /** Removes the checkpoints, whose result is saved, unless they are to stay. */
  public void saved(Checkpoints checkpoints, Console console) {
    if (keep) {
      console.say(
          "The last checkpoint is kept in "
              + checkpoints.folder()
              + ": --resume continues from it with more --epochs.");
    } else {
      checkpoints.remove();
    }
  }
}
