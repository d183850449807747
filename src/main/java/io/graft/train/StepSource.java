package io.graft.train;

import static io.graft.torchscript.ScriptText.number;

import io.graft.nn.LayerScript;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.recipe.Loss;
import io.graft.recipe.Optimizer;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Writes the TorchScript of a training step: one class whose methods compute a loss and update the
 * parameters in place.
 */
final class StepSource {

  static final String CLASS = "TrainingStep";

  /**
   * The methods of the class.
   *
   * <ul>
   *   <li>{@code losses} returns float32 (n), the loss of each row times the weight of its label.
   *       For binary cross-entropy it also takes {@code targets}, float32 (labels, classes), which
   *       says which classes the rows of each label have.
   *   <li>{@code forward} returns the sum of the losses for autograd, and float64 (3): the same
   *       sum, the sum of the weights, and the number of correct rows. A row is correct if its
   *       largest logit is at its label.
   *   <li>{@code update} multiplies the gradients by {@code scale} and limits their joint norm to
   *       {@code max_norm}, like {@code _clip_grads_with_norm_} in torch.nn.utils.clip_grad. A
   *       {@code max_norm} of 0 is no limit. Then it updates every parameter with its learning rate
   *       and sets the gradients to zero.
   * </ul>
   */
  private static final String TEMPLATE =
      """
        def losses(self: __torch__.TrainingStep,
          logits: Tensor, labels: Tensor, {TARGETS_IN}weights: Tensor) -> Tensor:
      {LOSS}
        def forward(self: __torch__.TrainingStep,
          rows: Tensor, labels: Tensor, {TARGETS_IN}weights: Tensor, {PARAMETERS}) -> List[Tensor]:
          logits = (self).layers(rows, [{ARGUMENTS}], True)
          loss = torch.sum((self).losses(logits, labels, {TARGETS}weights))
          weight = torch.sum(torch.index_select(weights, 0, labels))
          largest = torch.argmax(logits, 1)
          correct = torch.sum({CORRECT})
          sums = torch.stack([torch.to(torch.detach(loss), 7), torch.to(weight, 7), torch.to(correct, 7)])
          return [loss, sums]
        def update(self: __torch__.TrainingStep,
          parameters: List[Tensor], gradients: List[Tensor], {SLOTS}decays: List[float],
          rates: List[float], scale: float, max_norm: float, step: int) -> NoneType:
          for i in range(torch.len(gradients)):
            _0 = torch.mul_(gradients[i], scale)
          if torch.gt(max_norm, 0.):
            norms = annotate(List[Tensor], [])
            for j in range(torch.len(gradients)):
              _1 = torch.append(norms, torch.linalg_vector_norm(gradients[j]))
            norm = torch.linalg_vector_norm(torch.stack(norms))
            ratio = torch.mul(torch.reciprocal(torch.add(norm, 1e-6)), max_norm)
            shorter = torch.clamp(ratio, None, 1.)
            for k in range(torch.len(gradients)):
              _2 = torch.mul_(gradients[k], shorter)
          else:
            pass
          for m in range(torch.len(parameters)):
            p = parameters[m]
            g = gradients[m]
            rate = rates[m]
      {OPTIMIZER}
            _3 = torch.zero_(g)
          return None
      """;

  /** Computes whether a multi-label row has the class of its largest logit. */
  private static final String HAS_LARGEST =
      "torch.gather(torch.index_select(targets, 0, labels), 1, torch.unsqueeze(largest, 1))";

  private static final String L2 =
      """
      if torch.gt(decays[m], 0.):
        _4 = torch.add_(g, p, alpha=decays[m])
      else:
        pass
      """;

  /** The same formula as {@code _single_tensor_adam} in torch.optim.adam. */
  private static final String ADAM =
      """
      correction = torch.sub(1., torch.pow(%1$s, step))
      root = torch.pow(torch.sub(1., torch.pow(%2$s, step)), 0.5)
      _5 = torch.lerp_(exp_avg[m], g, %3$s)
      _6 = torch.addcmul_(torch.mul_(exp_avg_sq[m], %2$s), g, g, value=%4$s)
      denominator = torch.add_(torch.div(torch.sqrt(exp_avg_sq[m]), root), %5$s)
      _7 = torch.addcdiv_(p, exp_avg[m], denominator, value=torch.neg(torch.div(rate, correction)))
      """;

  private StepSource() {}

  /**
   * Returns the whole source of the class.
   *
   * @param network the trained layers
   * @param arithmetic the precision of the layers, for {@link LayerScript#method}
   */
  static String of(Network network, Precision arithmetic, Loss loss, Optimizer optimizer) {
    List<String> parameters =
        IntStream.range(0, network.parameterShapes().size()).mapToObj(i -> "p" + i).toList();
    String slots =
        slots(optimizer).stream()
            .map(slot -> slot + ": List[Tensor], ")
            .collect(Collectors.joining());
    boolean targeted = loss instanceof Loss.BinaryCrossEntropy;
    return TEMPLATE
            .replace("{TARGETS_IN}", targeted ? "targets: Tensor, " : "")
            .replace("{TARGETS}", targeted ? "targets, " : "")
            .replace("{CORRECT}", targeted ? HAS_LARGEST : "torch.eq(largest, labels)")
            .replace("{PARAMETERS}", String.join(": Tensor, ", parameters) + ": Tensor")
            .replace("{ARGUMENTS}", String.join(", ", parameters))
            .replace("{LOSS}\n", LossFormula.script(loss).indent(4))
            .replace("{SLOTS}", slots)
            .replace("{OPTIMIZER}\n", move(optimizer).indent(6))
        + LayerScript.method(CLASS, network, arithmetic);
  }

  /** Returns PyTorch's names for the arrays that an optimizer keeps for each parameter. */
  static List<String> slots(Optimizer optimizer) {
    if (optimizer instanceof Optimizer.Sgd sgd) {
      return sgd.momentum() == 0 ? List.of() : List.of("momentum_buffer");
    } else if (optimizer instanceof Optimizer.RmsProp rmsProp) {
      return rmsProp.momentum() == 0
          ? List.of("square_avg")
          : List.of("square_avg", "momentum_buffer");
    }
    return List.of("exp_avg", "exp_avg_sq");
  }

  private static String move(Optimizer optimizer) {
    if (optimizer instanceof Optimizer.Adam adam) {
      return L2 + adam(adam.beta1(), adam.beta2(), adam.epsilon());
    } else if (optimizer instanceof Optimizer.AdamW adamW) {
      return "_4 = torch.mul_(p, torch.sub(1., torch.mul(rate, decays[m])))\n"
          + adam(adamW.beta1(), adamW.beta2(), adamW.epsilon());
    } else if (optimizer instanceof Optimizer.Sgd sgd) {
      return L2 + sgd(sgd);
    }
    return L2 + rmsProp((Optimizer.RmsProp) optimizer);
  }

  private static String adam(double beta1, double beta2, double epsilon) {
    return ADAM.formatted(
        number(beta1), number(beta2), number(1 - beta1), number(1 - beta2), number(epsilon));
  }

  /**
   * Returns the formula of {@code _single_tensor_sgd} in torch.optim.sgd; its buffer starts at 0.
   */
  private static String sgd(Optimizer.Sgd sgd) {
    if (sgd.momentum() == 0) {
      return "_5 = torch.add_(p, g, alpha=torch.neg(rate))\n";
    }
    return """
    buffer = torch.add_(torch.mul_(momentum_buffer[m], %1$s), g)
    _5 = torch.add_(p, %2$s, alpha=torch.neg(rate))
    """
        .formatted(
            number(sgd.momentum()),
            sgd.nesterov()
                ? "torch.add(g, buffer, alpha=" + number(sgd.momentum()) + ")"
                : "buffer");
  }

  /** Returns the formula of {@code _single_tensor_rmsprop} in torch.optim.rmsprop. */
  private static String rmsProp(Optimizer.RmsProp rmsProp) {
    String square =
        """
        _5 = torch.addcmul_(torch.mul_(square_avg[m], %1$s), g, g, value=%2$s)
        root = torch.add_(torch.sqrt(square_avg[m]), %3$s)
        """
            .formatted(
                number(rmsProp.alpha()), number(1 - rmsProp.alpha()), number(rmsProp.epsilon()));
    return rmsProp.momentum() == 0
        ? square + "_6 = torch.addcdiv_(p, g, root, value=torch.neg(rate))\n"
        : square
            + """
            buffer = torch.addcdiv_(torch.mul_(momentum_buffer[m], %s), g, root)
            _6 = torch.add_(p, buffer, alpha=torch.neg(rate))
            """
                .formatted(number(rmsProp.momentum()));
  }
}
