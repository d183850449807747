package io.graft.backbone;

import static io.graft.torchscript.ScriptText.call;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.runtime.Sha256;
import io.graft.tensors.TensorType;
import io.graft.torchscript.ScriptText;
import io.graft.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Computes only the preprocessing, for networks of which every layer is trained. It has the
 * operations of {@link InputSpec#normalize} in their order. A GPU gets the pixels through pinned
 * memory, and Java does not wait for it.
 *
 * @param mean the means of the channels, on the device
 * @param deviation the standard deviations of the channels, on the device
 */
record PixelBackend(
    TorchScriptModule module, InputSpec input, NDArray mean, NDArray deviation, NDManager manager)
    implements Backend {

  private static final String CLASS = "Pixels";

  /**
   * Prepares the preprocessing.
   *
   * @param manager the manager that owns the constants and places them on its device
   */
  static PixelBackend load(InputSpec input, NDManager manager) {
    StringBuilder body = new StringBuilder();
    if (manager.getDevice().isGpu()) {
      x(body, "torch.to(torch.pin_memory(x), ops.prim.device(mean), None, True)");
    }
    if (input.channels() == InputSpec.Channels.BGR) {
      x(body, "torch.flip(x, [3])");
    }
    x(body, ScriptText.to("torch.permute(x, [0, 3, 1, 2])", ScriptText.FLOAT32));
    if (input.divisor() != 1) {
      x(body, call("torch.div_", "x", (double) input.divisor()));
    }
    x(body, "torch.sub_(x, mean)");
    body.append("    return torch.div_(x, deviation)\n");
    String arguments = "x: Tensor, mean: Tensor, deviation: Tensor";
    String source = ScriptText.method(CLASS, "forward", arguments, "Tensor", body.toString());
    return new PixelBackend(
        TorchScriptModule.ofMethods(CLASS, source, manager),
        input,
        perChannel(input.mean(), manager),
        perChannel(input.standardDeviation(), manager),
        manager);
  }

  private static void x(StringBuilder body, String expression) {
    body.append("    x = ").append(expression).append('\n');
  }

  private static NDArray perChannel(List<Float> values, NDManager manager) {
    float[] each = {values.get(0), values.get(1), values.get(2)};
    return manager.create(each, new Shape(1, 3, 1, 1));
  }

  /** Returns NCHW values in channels-last order in memory. */
  @Override
  public NDArray forward(NDManager owner, ByteBuffer pixels, int rows) {
    try (NDManager host = owner.newSubManager(Device.cpu())) {
      Shape shape = new Shape(rows, input.height(), input.width(), 3);
      NDArray x = host.create(pixels, shape, DataType.UINT8);
      // Not a method that never records: autograd refuses the tensors that those return.
      return module.record(owner, x, mean, deviation);
    }
  }

  @Override
  public FeatureRows features(NDManager owner, ByteBuffer pixels, int rows, TensorType type) {
    return FeatureRows.copy(forward(owner, pixels, rows), type);
  }

  @Override
  public List<Float> largestActivations(ByteBuffer pixels, int rows) {
    throw new UnsupportedPrecisionException("No layer is frozen, and int8 is for frozen layers.");
  }

  /** Returns the digest of no parameters. */
  @Override
  public String parameterDigest() {
    return new Sha256().hex();
  }
}
