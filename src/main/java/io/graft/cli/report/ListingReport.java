package io.graft.cli.report;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import io.graft.data.DataParts;
import io.graft.data.LabeledImages;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the folders of a command hold and the command does not use.
 *
 * @param listings one listing of each folder or table
 */
public record ListingReport(List<LabeledImages> listings) {

  /** Returns the report on one folder or table. */
  public static ListingReport of(LabeledImages images) {
    return new ListingReport(List.of(images));
  }

  /** Returns the report on the parts of a training. Parts may be of the same folder. */
  public static ListingReport of(DataParts parts) {
    List<LabeledImages> distinct = new ArrayList<>();
    parts.all().stream()
        .filter(part -> distinct.stream().noneMatch(one -> one.source().equals(part.source())))
        .forEach(distinct::add);
    return new ListingReport(List.copyOf(distinct));
  }

  /** Prints the notes of the listings. */
  public void print(Console console) {
    listings.forEach(listing -> listing.notes().forEach(note -> console.note(note + ".")));
  }

  /** Returns how many files there are of each format that is not read. */
  public JsonElement notRead() {
    Map<String, Integer> counts = new TreeMap<>();
    for (LabeledImages listing : listings) {
      listing.notRead().forEach((format, count) -> counts.merge(format, count, Integer::sum));
    }
    return new Gson().toJsonTree(counts);
  }
}
