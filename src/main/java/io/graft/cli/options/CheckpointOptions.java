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

/** The options for writing checkpoints during a training and for continuing from one. */
public final class CheckpointOptions {

  private static final Pattern EVERY = Pattern.compile("([1-9][0-9]{0,5})(s|m|h|epochs?)");

  @Option(
      names = "--resume",
      description =
          "Continue from the newest checkpoint of the same training, to the same result; start at the"
              + " beginning if there is none.")
  private boolean resume;

  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      description =
          "The folder for checkpoints; --out with .checkpoint added if absent. Removed when the result"
              + " is saved.")
  private Path folder;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "WHEN",
      defaultValue = "10m",
      description =
          "Time between checkpoints, such as 30s, 10m or 1h, or epochs, such as 1epoch or 5epochs;"
              + " ${DEFAULT-VALUE} if absent. Ctrl-C and SIGTERM write one too.")
  private String every;

  @Option(
      names = "--keep-checkpoint",
      description =
          "Keep the last checkpoint when the result is saved, to continue with more --epochs later.")
  private boolean keep;

  /** Tells whether any option was given that requires that the command runs only one training. */
  public boolean given() {
    return resume || folder != null || keep;
  }

  /** Returns the checkpoints of a training that will write {@code out}, in a writable folder. */
  public Checkpoints resolve(Path out) {
    Path target = out.toAbsolutePath().normalize();
    Path chosen =
        folder == null ? target.resolveSibling(target.getFileName() + ".checkpoint") : folder;
    if (Files.exists(chosen) && !Files.isDirectory(chosen)) {
      throw new OutputException(
          chosen
              + " is a file, but checkpoints need a folder. Move it, or name a folder with --checkpoint.");
    }
    DurableFiles.requireWritable(chosen);
    Matcher matcher = EVERY.matcher(every.strip());
    if (!matcher.matches()) {
      throw new InvalidOptionException(
          "Checkpoint every '%s': expected a number with s, m, h or epochs, such as 10m or 5epochs."
              .formatted(every));
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

  /** Removes the checkpoints after the result is saved, unless the user keeps them. */
  public void saved(Checkpoints checkpoints, Console console) {
    if (keep) {
      console.note(
          "The last checkpoint is kept in %s: --resume continues from it with more --epochs."
              .formatted(checkpoints.folder()));
    } else {
      checkpoints.remove();
    }
  }
}
