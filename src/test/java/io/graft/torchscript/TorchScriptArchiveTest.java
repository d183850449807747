package io.graft.torchscript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.ArrayTensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads archives with Java's zip classes and with libtorch. */
class TorchScriptArchiveTest {

  private static final Network NETWORK =
      new Network(
          "linear", new Shape(2), List.of(new NamedLayer("fc", "fc", new Layer.Linear(2, 3))));

  private static final String SOURCE =
      """
      class Sum(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool
        values : List[Tensor]
        factor : float
        offset : int
        name : str
        def forward(self: __torch__.Sum,
          x: Tensor) -> Tensor:
          y = torch.linear(x, (self.values)[0], (self.values)[1])
          return torch.add(torch.mul(y, self.factor), torch.add(self.offset, torch.len(self.name)))
        def __getstate__(self: __torch__.Sum) -> Tuple[Tensor, List[Tensor], float, int, str, bool]:
          return ((self.values)[0], self.values, self.factor, self.offset, self.name, self.training)
        def __setstate__(self: __torch__.Sum,
          state: Tuple[Tensor, List[Tensor], float, int, str, bool]) -> NoneType:
          self.values = [(state)[0], ((state)[1])[0]]
          self.factor = (state)[2]
          self.offset = (state)[3]
          self.name = (state)[4]
          self.training = (state)[5]
          return None
      """;

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @Test
  void libtorchReadsEveryTypeOfAttribute() throws Exception {
    Path file = write(SOURCE);
    try (NDManager manager = NDManager.newBaseManager()) {
      TorchScriptModule module = TorchScriptModule.load(file, manager);
      float[] sums =
          module
              .call("forward", manager.create(new float[] {1, 10}, new Shape(1, 2)))
              .toFloatArray();
      // ((1, 2), (3, 4), (5, 6)) (1, 10) + (7, 8, 9), times 0.5, plus -20 and the name's length.
      assertThat(sums).containsExactly(-2f, 9.5f, 21f);
    }
  }

  @Test
  void entriesAreUncompressedAndAlignedTo64Bytes() throws Exception {
    Path file = write(SOURCE);
    try (ZipFile zip = new ZipFile(file.toFile());
        ZipInputStream stream = new ZipInputStream(Files.newInputStream(file))) {
      List<String> names = zip.stream().map(ZipEntry::getName).toList();
      assertThat(names)
          .contains("graft/data/0", "graft/data/1", "graft/data.pkl", "graft/code/__torch__.py");
      assertThat(zip.getInputStream(zip.getEntry("graft/byteorder"))).hasContent("little");
      long offset = 0;
      // Reading the stream from front to back checks the checksums in the local headers.
      for (ZipEntry entry = stream.getNextEntry(); entry != null; entry = stream.getNextEntry()) {
        assertThat(entry.getMethod()).isEqualTo(ZipEntry.STORED);
        byte[] content = stream.readAllBytes();
        assertThat(entry.getCrc()).isEqualTo(zip.getEntry(entry.getName()).getCrc());
        offset += 30 + entry.getName().length() + entry.getExtra().length;
        assertThat(offset % 64).as(entry.getName()).isZero();
        offset += content.length;
      }
    }
  }

  @Test
  void loadingFailsIfLibtorchLacksAnOperator() throws Exception {
    Path file = write(SOURCE.replace("torch.linear(", "ops.graft.no_such_operator("));
    try (NDManager manager = NDManager.newBaseManager()) {
      assertThatThrownBy(() -> TorchScriptModule.load(file, manager))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("no_such_operator");
    }
  }

  private Path write(String source) throws Exception {
    Path file = folder.resolve("module.pt");
    ArrayTensors tensors =
        new ArrayTensors(
            NETWORK, Map.of("fc.weight", new float[] {1, 2, 3, 4, 5, 6}, "fc.bias", new float[3]));
    try (TorchScriptArchive archive = TorchScriptArchive.create(file)) {
      StoredTensor weight = archive.add(tensors, "fc.weight", new Shape(3, 2));
      StoredTensor bias = archive.add(new Shape(3), List.of(7f, 8f, 9f));
      archive.finish("Sum", source, List.of(weight, List.of(bias), 0.5, -20, "four", false));
    }
    return file;
  }
}
