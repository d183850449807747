package io.graft.features;

import io.graft.runtime.Progress;
import io.graft.runtime.Sha256;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A process that fills a store with known rows and prints a dot per shard. Its arguments are the
 * cache folder, the number of rows, the rows per shard and the pause after each shard in
 * milliseconds.
 */
final class StoreChild {

  private static final int ROW_ELEMENTS = 3000;

  static final StoreKey KEY =
      new StoreKey(
          new TreeMap<>(
              Map.of("format", "test", "dtype", "F16", "row_shape", "[" + ROW_ELEMENTS + "]")),
          TensorType.F16,
          List.of((long) ROW_ELEMENTS));

  private StoreChild() {}

  public static void main(String[] arguments) throws InterruptedException {
    int rows = Integer.parseInt(arguments[1]);
    int rowsPerShard = Integer.parseInt(arguments[2]);
    RowTable table = open(Path.of(arguments[0]), rows);
    System.out.println(table.present() + " rows are here");
    int next = 0;
    while (next < rows) {
      try (ShardAppender appender = new ShardAppender(table, rowsPerShard)) {
        for (int row = 0; row < rowsPerShard && next < rows; next++) {
          if (!table.has(next)) {
            appender.append(new int[] {next}, content(next));
            row++;
          }
        }
      }
      System.out.print('.');
      System.out.flush();
      Thread.sleep(Integer.parseInt(arguments[3]));
    }
  }

  /** Opens the store for the first {@code rows} known rows. */
  static RowTable open(Path cache, int rows) {
    DigestIndex wanted = new DigestIndex(rows);
    for (int row = 0; row < rows; row++) {
      byte[] digest =
          HexFormat.of().parseHex(Sha256.of(("row " + row).getBytes(StandardCharsets.UTF_8)));
      wanted.add(ByteBuffer.wrap(digest), 0);
    }
    return new RowTable(
        new KeyFolder(cache, KEY),
        wanted,
        Optional.empty(),
        new Progress() {
          @Override
          public void note(String line) {
            throw new AssertionError(line);
          }
        });
  }

  /** Returns the bytes of a row. */
  static ByteBuffer content(int row) {
    ByteBuffer content = ByteBuffer.allocate(KEY.rowBytes());
    for (int i = 0; content.hasRemaining(); i++) {
      content.put((byte) (row * 31 + i * 7 + (i >> 8)));
    }
    return content.flip();
  }
}
