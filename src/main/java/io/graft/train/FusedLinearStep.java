package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.TorchScriptModule;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A step of a linear softmax classifier with Adam as one TorchScript graph. The gradient of the
 * mean cross-entropy with respect to the logits is (softmax - one-hot) / n, so nothing has to be
 * recorded for autograd, and Java calls libtorch once per step.
 */
final class FusedLinearStep implements TrainingStep {

  /**
   * Adam as torch.optim.adam's {@code _single_tensor_adam} has it, with both bias corrections in
   * the denominator, which saves a pass over the parameters. With few classes the product {@code
   * weight x^T} is twice as fast as its transpose.
   */
  private static final String SOURCE =
      """
      class LinearStep(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool
        def __setstate__(self: __torch__.LinearStep,
          state: Tuple[bool]) -> NoneType:
          self.training = (state)[0]
          return None
        def __getstate__(self: __torch__.LinearStep) -> Tuple[bool]:
          return (self.training,)
        def adam(self: __torch__.LinearStep,
          parameter: Tensor, gradient: Tensor, mean: Tensor, square: Tensor,
          rate: float, root_scale: float, epsilon: float) -> NoneType:
          _0 = torch.lerp_(mean, gradient, %1$s)
          _1 = torch.addcmul_(torch.mul_(square, %2$s), gradient, gradient, value=%3$s)
          denominator = torch.add_(torch.mul_(torch.sqrt(square), root_scale), epsilon)
          _2 = torch.addcdiv_(parameter, mean, denominator, value=torch.neg(rate))
          return None
        def forward(self: __torch__.LinearStep,
          rows: Tensor, labels: Tensor, weight: Tensor, bias: Tensor,
          weight_mean: Tensor, weight_square: Tensor, bias_mean: Tensor, bias_square: Tensor,
          rate: float, root_scale: float, epsilon: float) -> Tensor:
          x = torch.flatten(torch.to(rows, 6), 1)
          logits = torch.add(torch.t(torch.mm(weight, torch.t(x))), bias)
          log_p = torch.log_softmax(logits, 1)
          target = torch.unsqueeze(labels, 1)
          loss = torch.neg(torch.mean(torch.gather(log_p, 1, target)))
          correct = torch.sum(torch.eq(torch.argmax(logits, 1), labels))
          if bool(torch.isfinite(loss)):
            d = torch.exp(log_p)
            _0 = torch.scatter_(d, 1, target, torch.sub(torch.gather(d, 1, target), 1.))
            _1 = torch.div_(d, torch.size(labels, 0))
            _2 = (self).adam(weight, torch.mm(torch.t(d), x), weight_mean, weight_square, rate, root_scale, epsilon)
            _3 = (self).adam(bias, torch.sum(d, [0]), bias_mean, bias_square, rate, root_scale, epsilon)
          else:
            pass
          return torch.stack([torch.to(loss, 7), torch.to(correct, 7)])
      """;

  private final TorchScriptModule module;
  private final Optimizer.Adam adam;
  private final List<NDArray> parameters;
  private final Map<String, NDArray> moments = new LinkedHashMap<>();
  private long steps;

  /**
   * A step of that classifier.
   *
   * @param trained as {@link #fits} wants it; its parameters are changed in place
   * @param manager owns the optimizer's state
   */
  FusedLinearStep(NetworkBlock trained, Optimizer.Adam adam, NDManager manager) {
    this.adam = adam;
    String source = SOURCE.formatted(1 - adam.beta1(), adam.beta2(), 1 - adam.beta2());
    this.module = TorchScriptModule.ofSource("LinearStep", source, manager);
    this.parameters = List.of(parameter(trained, ".weight"), parameter(trained, ".bias"));
    for (String name : trained.getParameters().keys()) {
      NDArray parameter = trained.getParameters().get(name).getArray();
      for (String moment : StepSource.slots(adam)) {
        moments.put(moment + "." + name, manager.zeros(parameter.getShape(), DataType.FLOAT32));
      }
    }
  }

  /**
   * Whether this is a step of those layers under those options: a linear layer with nothing before
   * it but flattening, plain cross-entropy, and Adam with nothing but its own state.
   */
  static boolean fits(Network network, FitOptions options) {
    List<Layer> layers = network.layers().stream().map(NamedLayer::layer).toList();
    Objective objective = options.objective();
    Descent descent = options.descent();
    return layers.size() <= 2
        && layers.get(layers.size() - 1) instanceof Layer.Linear
        && (layers.size() == 1 || layers.get(0) instanceof Layer.Flatten)
        && objective.loss().equals(new Loss.CrossEntropy())
        && objective.classWeights() instanceof ClassWeights.Equal
        && descent.optimizer() instanceof Optimizer.Adam
        && descent.optimizer().weightDecay() == 0
        && descent.clipNorm().isEmpty()
        && descent.accumulate() == 1;
  }

  private static NDArray parameter(NetworkBlock trained, String suffix) {
    NDArray array =
        trained.getParameters().stream()
            .filter(parameter -> parameter.getKey().endsWith(suffix))
            .findFirst()
            .orElseThrow()
            .getValue()
            .getArray();
    // libtorch refuses to change a parameter in place that autograd watches.
    array.setRequiresGradient(false);
    return array;
  }

  @Override
  public Outcome run(NDArray rows, NDArray labels, double learningRate, boolean completes) {
    steps++;
    double correction1 = 1 - Math.pow(adam.beta1(), (double) steps);
    double correction2 = Math.sqrt(1 - Math.pow(adam.beta2(), (double) steps));
    List<Object> arguments = new ArrayList<>(List.of(rows, labels));
    arguments.addAll(parameters);
    arguments.addAll(moments.values());
    // libtorch refuses a factor that is no float32; one this large ends in a loss that is refused.
    arguments.add(Math.min(learningRate, Float.MAX_VALUE));
    arguments.add(correction1 / correction2);
    arguments.add(adam.epsilon() * correction1);
    double[] outcome =
        module.call("forward", rows.getManager(), arguments.toArray()).toDoubleArray();
    return new Outcome(outcome[0], labels.size(), Math.round(outcome[1]));
  }

  @Override
  public OptimizerState state() {
    return new OptimizerState(steps, Collections.unmodifiableMap(moments));
  }
}
