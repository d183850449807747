package io.graft.torchscript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.runtime.TorchRuntime;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Reads archives with Java's zip classes and with libtorch. */
class TorchScriptArchiveTest {

  private static final String KEEP =
      ScriptText.method(
          "Sum",
          "keep",
          "p: List[Tensor]",
          "NoneType",
          "    _0 = torch.append(self.values, torch.mul((p)[0], 2))\n    return None\n");

  private static final String FORWARD =
      ScriptText.method(
          "Sum",
          "forward",
          "x: Tensor",
          "Tensor",
          "    return torch.linear(x, (self.values)[0], (self.values)[1])\n");

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @Test
  void aModuleKeepsTensorsThatMethodsAreGiven() {
    try (NDManager manager = NDManager.newBaseManager()) {
      TorchScriptModule module =
          TorchScriptModule.of("Sum", List.of("values"), KEEP + FORWARD, manager);
      try (NDArray weight = manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(3, 2));
          NDArray bias = manager.create(new float[] {7, 8, 9})) {
        module.run("keep", List.of(weight));
        module.run("keep", List.of(bias));
      }
      NDArray x = manager.create(new float[] {1, 10}, new Shape(1, 2));
      // 2 ((1, 2), (3, 4), (5, 6)) (1, 10) + 2 (7, 8, 9).
      assertThat(module.call("forward", x).toFloatArray()).containsExactly(56f, 102f, 148f);
    }
  }

  @Test
  void entriesAreUncompressed() throws Exception {
    byte[] archive = TorchScriptArchive.of("Sum", "class Sum(Module):\n");
    List<String> names = new ArrayList<>();
    try (ZipInputStream stream = new ZipInputStream(new ByteArrayInputStream(archive))) {
      // Reading the stream from front to back checks the checksums in the local headers.
      for (ZipEntry entry = stream.getNextEntry(); entry != null; entry = stream.getNextEntry()) {
        assertThat(entry.getMethod()).isEqualTo(ZipEntry.STORED);
        names.add(entry.getName());
        if (entry.getName().equals("graft/byteorder")) {
          assertThat(new String(stream.readAllBytes(), StandardCharsets.US_ASCII))
              .isEqualTo("little");
        }
      }
    }
    assertThat(names).contains("graft/data.pkl", "graft/code/__torch__.py", "graft/version");
  }

  @Test
  void loadingFailsIfLibtorchLacksAnOperator() {
    String unknown = FORWARD.replace("torch.linear(", "ops.graft.no_such_operator(");
    try (NDManager manager = NDManager.newBaseManager()) {
      assertThatThrownBy(() -> TorchScriptModule.of("Sum", List.of("values"), unknown, manager))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("no_such_operator");
    }
  }
}
