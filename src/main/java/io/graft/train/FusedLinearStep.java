package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Precision;
import io.graft.recipe.ClassWeights;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Loss;
import io.graft.recipe.Objective;
import io.graft.recipe.Optimization;
import io.graft.recipe.Optimizer;
import io.graft.runtime.TorchThreads;
import io.graft.torchscript.TorchScriptModule;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A training step for a linear softmax classifier with Adam, as one TorchScript graph. The gradient
 * of the mean cross-entropy with respect to the logits is (softmax - one-hot) / n. So autograd is
 * not needed, and Java calls libtorch once per step.
 */
final class FusedLinearStep implements TrainingStep {

  /**
   * The optimizer is torch.optim.Adam with {@code fused=True}, which reads the parameters once
   * instead of seven times. The logits are computed as {@code weight x^T} and transposed. With few
   * classes, that is twice as fast as {@code x weight^T}.
   */
  private static final String SOURCE =
      """
        def forward(self: __torch__.LinearStep,
          rows: Tensor, labels: Tensor, parameters: List[Tensor],
          means: List[Tensor], squares: List[Tensor], diverged: Tensor, rate: float, steps: float) -> Tensor:
          x = torch.flatten(torch.to(rows, 6), 1)
          logits = torch.add(torch.t(torch.mm((parameters)[0], torch.t(x))), (parameters)[1])
          log_p = torch.log_softmax(logits, 1)
          target = torch.unsqueeze(labels, 1)
          loss = torch.neg(torch.mean(torch.gather(log_p, 1, target)))
          correct = torch.sum(torch.eq(torch.argmax(logits, 1), labels))
          _0 = torch.copy_(diverged, torch.maximum(diverged, torch.to(torch.logical_not(torch.isfinite(loss)), 6)))
          d = torch.exp(log_p)
          _1 = torch.scatter_(d, 1, target, torch.sub(torch.gather(d, 1, target), 1.))
          _2 = torch.div_(d, torch.size(labels, 0))
          step = torch.full([], steps, dtype=6, layout=None, device=ops.prim.device(x))
          torch._fused_adam_(parameters, [torch.mm(torch.t(d), x), torch.sum(d, [0])], means, squares, annotate(List[Tensor], []), [step, step], lr=rate, beta1=%s, beta2=%s, weight_decay=0., eps=%s, amsgrad=False, maximize=False, grad_scale=None, found_inf=diverged)
          rows_done = torch.full([], torch.size(labels, 0), dtype=7, layout=None, device=ops.prim.device(x))
          return torch.stack([torch.to(loss, 7), rows_done, torch.to(correct, 7)])
      """;

  private final TorchScriptModule module;
  private final NDList parameters = new NDList();
  private final List<String> names = new ArrayList<>();

  /** Adam's moments by PyTorch's names. Each has one array per parameter, in the same order. */
  private final Map<String, NDList> moments = new LinkedHashMap<>();

  /** Half of the threads. Memory bandwidth limits this step, so more threads do not help. */
  private final int threads = Math.max(1, TorchThreads.count() / 2);

  private final NDArray diverged;
  private long steps;

  /**
   * Creates the step.
   *
   * @param trained the layers, which {@link #fits} accepts; the step changes their parameters in
   *     place
   * @param manager the owner of the optimizer's state
   */
  FusedLinearStep(NetworkBlock trained, Optimizer.Adam adam, NDManager manager) {
    String source = SOURCE.formatted(adam.beta1(), adam.beta2(), adam.epsilon());
    this.module = TorchScriptModule.ofMethods("LinearStep", source, manager);
    this.diverged = manager.zeros(new Shape(), DataType.FLOAT32);
    for (Pair<String, Parameter> parameter : trained.getParameters()) {
      NDArray array = parameter.getValue().getArray();
      // libtorch refuses in-place changes of a parameter that autograd watches.
      array.setRequiresGradient(false);
      names.add(parameter.getKey());
      parameters.add(array);
    }
    for (String slot : UpdateSource.slots(adam)) {
      NDList ofSlot = new NDList();
      for (NDArray parameter : parameters) {
        ofSlot.add(manager.zeros(parameter.getShape(), DataType.FLOAT32));
      }
      moments.put(slot, ofSlot);
    }
  }

  /**
   * Returns whether this step can train a network with these options: one linear layer, perhaps
   * after flattening, plain cross-entropy, and plain Adam.
   */
  static boolean fits(Network network, FitOptions options) {
    List<Layer> layers = network.layers().stream().map(NamedLayer::layer).toList();
    Objective objective = options.objective();
    Optimization optimization = options.optimization();
    return layers.size() <= 2
        && layers.get(layers.size() - 1) instanceof Layer.Linear
        && (layers.size() == 1 || layers.get(0) instanceof Layer.Flatten)
        && objective.loss().equals(new Loss.CrossEntropy())
        && objective.classWeights() instanceof ClassWeights.Equal
        && optimization.optimizer() instanceof Optimizer.Adam
        && optimization.optimizer().weightDecay() == 0
        && optimization.clipNorm().isEmpty()
        && optimization.accumulate() == 1
        && optimization.precision() == Precision.FP32;
  }

  @Override
  public NDArray run(NDArray rows, NDArray labels, double learningRate, boolean completes) {
    steps++;
    return TorchThreads.with(threads, () -> step(rows, labels, learningRate));
  }

  private NDArray step(NDArray rows, NDArray labels, double learningRate) {
    return module.call(
        "forward",
        rows.getManager(),
        rows,
        labels,
        parameters,
        moments.get("exp_avg"),
        moments.get("exp_avg_sq"),
        diverged,
        learningRate,
        (double) steps);
  }

  @Override
  public NDArray diverged() {
    return diverged;
  }

  @Override
  public OptimizerState state() {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      for (Map.Entry<String, NDList> slot : moments.entrySet()) {
        arrays.put(slot.getKey() + "." + names.get(i), slot.getValue().get(i));
      }
    }
    return new OptimizerState(steps, Collections.unmodifiableMap(arrays));
  }

  @Override
  public void restore(long made) {
    steps = made;
  }
}
