package io.graft.cli.options.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.graft.cli.report.Console;
import io.graft.cli.report.ListingReport;
import io.graft.data.DataParts;
import io.graft.data.TableFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;

/** The options for the images of a training and the parts that they are divided into. */
public final class TrainingDataOptions {

  @Mixin private DataOption data;
  @Mixin private TableOptions tables;
  @Mixin private SplitFoldersOption splitFolders;
  @Mixin private SplitColumnOptions columns;

  /** Lists the images, chooses those to validate on, and says which folders are used for what. */
  public DataParts open(SplitOption validation, long seed, Console console) {
    columns.requireNoOther(validation);
    data.unpack(console);
    validation.unpack(console);
    TableFormat format = columns.divided(tables.format(data.path, validation.images()));
    DataParts found = splitFolders.openParts(data.path, data.listing(format));
    columns.requireNoOther(validation, found);
    DataParts parts =
        validation.validate(
            found,
            seed,
            images -> data.listing(columns.grouped(tables.format(images, Optional.of(data.path)))));
    parts.folders().ifPresent(folders -> console.note(text(folders)));
    if (parts.classesAreNamedAsParts() && Files.isDirectory(data.path) && !splitFolders.off()) {
      console.note(
          ("%s: each sub-folder is taken as a class: %s. Folders to train, validate and test on"
                  + " need folders of classes in them, and no other folder beside them;"
                  + " --ignore passes one over.")
              .formatted(data.path, String.join(", ", parts.train().classes())));
    }
    ListingReport.of(parts).print(console);
    columns.notes(parts).forEach(console::note);
    return parts;
  }

  /** Adds how the images are divided: by folders or a column, and in groups. */
  public void addTo(JsonObject json, DataParts parts) {
    json.add(
        "split_folders", parts.folders().map(TrainingDataOptions::json).orElse(JsonNull.INSTANCE));
    columns.addTo(json, parts);
  }

  private static JsonElement json(DataParts.Folders folders) {
    JsonObject json = new JsonObject();
    json.addProperty("train", folders.train());
    json.addProperty("validation", folders.validation().orElse(null));
    json.addProperty("test", folders.test().orElse(null));
    JsonArray unused = new JsonArray();
    folders.unused().forEach(each -> unused.add(each.name()));
    json.add("unused", unused);
    return json;
  }

  /** Returns the folder of the test images, or else that of the validation images. */
  public Optional<Path> labeled(DataParts parts) {
    return parts
        .folders()
        .flatMap(folders -> folders.test().or(folders::validation))
        .map(data.path::resolve);
  }

  private String text(DataParts.Folders folders) {
    List<String> uses = new ArrayList<>();
    uses.add(folders.train() + "/ to train on");
    folders.validation().ifPresent(name -> uses.add(name + "/ to validate on"));
    folders.test().ifPresent(name -> uses.add(name + "/ to evaluate at the end"));
    folders
        .unused()
        .forEach(
            each -> uses.add("%s/ is not used, because %s".formatted(each.name(), each.reason())));
    return "%s: %s (--no-split-folders takes the folders as classes)"
        .formatted(data.path, String.join(", ", uses));
  }
}
