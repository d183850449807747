package io.graft.train;

import static io.graft.torchscript.ScriptText.call;
import static io.graft.torchscript.ScriptText.number;

import io.graft.recipe.Optimizer;
import java.util.Collections;
import java.util.List;

/**
 * Writes the TorchScript of an optimizer's step. The script has the gradients of all trained
 * parameters {@code g}, the learning rate {@code rate} and the number of the step {@code steps}.
 * For each {@link Group}, it has the lists of parameters and of each of the optimizer's slots. It
 * changes nothing where {@code diverged} is 1.
 *
 * <p>Adam, AdamW and SGD are PyTorch's own with {@code fused=True}, which read and write each array
 * once. They get lists that are arguments of the method. Of lists made inside the method, libtorch
 * does not know that others see their tensors, and removes the step as useless.
 */
final class UpdateSource {

  /**
   * Parameters with the same settings.
   *
   * @param arrays their indices among all arrays of the trained layers
   * @param factor the factor of the learning rate
   * @param decay the weight decay
   */
  record Group(List<Integer> arrays, double factor, double decay) {}

  private static final String FUSED_ADAM =
      """
      step{k} = torch.full([], steps, dtype=6, layout=None, device=ops.prim.device(rows))
      torch._fused_{NAME}_(p{k}, {G}, exp_avg{k}, exp_avg_sq{k}, annotate(List[Tensor], []), [{STEPS}], lr={RATE}, beta1={BETA1}, beta2={BETA2}, weight_decay={DECAY}, eps={EPSILON}, amsgrad=False, maximize=False, grad_scale=None, found_inf=diverged)
      """;

  /** A momentum buffer that starts at 0 needs no first step, because nothing dampens. */
  private static final String FUSED_SGD =
      """
      torch._fused_sgd_(p{k}, {G}, {BUFFERS}, weight_decay={DECAY}, momentum={MOMENTUM}, lr={RATE}, dampening=0., nesterov={NESTEROV}, maximize=False, is_first_step=False, grad_scale=None, found_inf=diverged)
      """;

  /**
   * The formula of {@code _single_tensor_rmsprop} in torch.optim.rmsprop. libtorch has no fused
   * operator for it, so this step asks the device whether the loss was finite.
   */
  private static final String RMSPROP =
      """
      if bool(torch.eq(diverged, 0)):
        h{k} = {G}
        for r{k} in range(torch.len(p{k})):
          if torch.gt({DECAY}, 0.):
            _10 = torch.add_(h{k}[r{k}], p{k}[r{k}], alpha={DECAY})
          else:
            pass
          _11 = torch.addcmul_(torch.mul_(square_avg{k}[r{k}], {ALPHA}), h{k}[r{k}], h{k}[r{k}], value={REST})
          root = torch.add_(torch.sqrt(square_avg{k}[r{k}]), {EPSILON})
      {MOVE}
      else:
        pass
      """;

  private static final String RMSPROP_MOVE =
      """
      _12 = torch.addcdiv_(p{k}[r{k}], h{k}[r{k}], root, value=torch.neg({RATE}))
      """;

  private static final String RMSPROP_MOMENTUM =
      """
      buffer = torch.addcdiv_(torch.mul_(momentum_buffer{k}[r{k}], {MOMENTUM}), h{k}[r{k}], root)
      _12 = torch.add_(p{k}[r{k}], buffer, alpha=torch.neg({RATE}))
      """;

  private UpdateSource() {}

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

  /** Writes the step of all groups, whose gradients follow each other in {@code g}. */
  static String of(Optimizer optimizer, List<Group> groups) {
    StringBuilder script = new StringBuilder();
    int first = 0;
    for (int k = 0; k < groups.size(); k++) {
      Group group = groups.get(k);
      int end = first + group.arrays().size();
      script.append(
          of(optimizer)
              .replace("{G}", call("torch.slice", "g", first, end))
              .replace("{k}", Integer.toString(k))
              .replace("{STEPS}", String.join(", ", Collections.nCopies(end - first, "step" + k)))
              .replace(
                  "{RATE}",
                  group.factor() == 1 ? "rate" : call("torch.mul", "rate", group.factor()))
              .replace("{DECAY}", number(group.decay())));
      first = end;
    }
    return script.toString();
  }

  private static String of(Optimizer optimizer) {
    if (optimizer instanceof Optimizer.Adam adam) {
      return adam("adam", adam.beta1(), adam.beta2(), adam.epsilon());
    } else if (optimizer instanceof Optimizer.AdamW adamW) {
      return adam("adamw", adamW.beta1(), adamW.beta2(), adamW.epsilon());
    } else if (optimizer instanceof Optimizer.Sgd sgd) {
      return FUSED_SGD
          .replace(
              "{BUFFERS}",
              sgd.momentum() == 0 ? "annotate(List[Tensor], [])" : "momentum_buffer{k}")
          .replace("{MOMENTUM}", number(sgd.momentum()))
          .replace("{NESTEROV}", sgd.nesterov() ? "True" : "False");
    }
    Optimizer.RmsProp rmsProp = (Optimizer.RmsProp) optimizer;
    String move = rmsProp.momentum() == 0 ? RMSPROP_MOVE : RMSPROP_MOMENTUM;
    return RMSPROP
        .replace("{MOVE}\n", move.indent(4))
        .replace("{ALPHA}", number(rmsProp.alpha()))
        .replace("{REST}", number(1 - rmsProp.alpha()))
        .replace("{EPSILON}", number(rmsProp.epsilon()))
        .replace("{MOMENTUM}", number(rmsProp.momentum()));
  }

  private static String adam(String name, double beta1, double beta2, double epsilon) {
    return FUSED_ADAM
        .replace("{NAME}", name)
        .replace("{BETA1}", number(beta1))
        .replace("{BETA2}", number(beta2))
        .replace("{EPSILON}", number(epsilon));
  }
}
