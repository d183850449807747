package io.graft.train;

import static io.graft.torchscript.ScriptText.number;

import io.graft.nn.LayerScript;
import io.graft.nn.Network;
import io.graft.recipe.Loss;
import io.graft.recipe.Optimization;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Writes the TorchScript of a training step: one class whose {@code forward} computes the loss and
 * its gradients and updates the parameters in place. So Java calls libtorch once per batch, and
 * nothing waits for the device.
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
   *   <li>{@code forward} returns float64 (3): the mean loss, the sum of the weights, and the
   *       number of correct rows. A row is correct if its largest logit is at its label. Its
   *       argument {@code diverged} becomes 1 with the first loss that is not finite. From then on,
   *       no parameter changes. {@code numbers} is in host memory: the learning rate, the number of
   *       the step, and whether the batch is the last of its step.
   * </ul>
   *
   * <p>The gradients get the memory layout of their parameters, which the optimizers require.
   */
  private static final String TEMPLATE =
      """
        def losses(self: __torch__.TrainingStep,
          logits: Tensor, labels: Tensor, {TARGETS_IN}weights: Tensor) -> Tensor:
      {LOSS}
        def forward(self: __torch__.TrainingStep,
          rows: Tensor, labels: Tensor, {TARGETS_IN}weights: Tensor, {LISTS}
          diverged: Tensor, numbers: Tensor) -> Tensor:
      {ARRAYS}
          p = [{TRAINED}]
          logits = (self).layers(rows, [{ARGUMENTS}], True)
          loss = torch.sum((self).losses(logits, labels, {TARGETS}weights))
          weight = torch.sum(torch.index_select(weights, 0, labels))
          scale = annotate(List[Optional[Tensor]], [{SCALE}])
          computed = torch.grad([loss], p, scale, False, False, False)
          torch.set_grad_enabled(False)
          mean = torch.div(torch.to(loss, 7), torch.to(weight, 7))
          largest = torch.argmax(logits, 1)
          correct = torch.sum({CORRECT})
          _0 = torch.copy_(diverged, torch.maximum(diverged, torch.to(torch.logical_not(torch.isfinite(mean)), 6)))
          g = annotate(List[Tensor], [])
          for i in range(torch.len(p)):
            gradient = unchecked_cast(Tensor, computed[i])
            if torch.ne(torch.stride(gradient), torch.stride(p[i])):
              like = torch.copy_(torch.empty_like(p[i]), gradient)
            else:
              like = gradient
            _1 = torch.append(g, like)
          rate = float(torch.select(numbers, 0, 0))
          steps = float(torch.select(numbers, 0, 1))
      {UPDATE}
          torch.set_grad_enabled(True)
          return torch.stack([mean, torch.to(weight, 7), torch.to(correct, 7)])
      """;

  /**
   * Adds the gradients of a batch to {@code sums}, whose last element is the sum of the weights.
   * After the last batch of a step, divides them and updates the parameters.
   */
  private static final String ACCUMULATED =
      """
      total = sums[torch.sub(torch.len(sums), 1)]
      _2 = torch.add_(total, torch.to(weight, 7))
      for a in range(torch.len(g)):
        _3 = torch.add_(sums[a], g[a])
      if bool(torch.select(numbers, 0, 2)):
        share = torch.to(torch.reciprocal(total), 6)
        for b in range(torch.len(g)):
          _4 = torch.mul_(torch.copy_(g[b], sums[b]), share)
          _5 = torch.zero_(sums[b])
        _6 = torch.zero_(total)
      {UPDATE}
      else:
        pass
      """;

  /**
   * Limits the joint norm of the gradients, like {@code _clip_grads_with_norm_} in
   * torch.nn.utils.clip_grad.
   */
  private static final String CLIP =
      """
      norms = annotate(List[Tensor], [])
      for j in range(torch.len(g)):
        _7 = torch.append(norms, torch.linalg_vector_norm(g[j]))
      norm = torch.linalg_vector_norm(torch.stack(norms))
      shorter = torch.clamp(torch.mul(torch.reciprocal(torch.add(norm, 1e-6)), %s), None, 1.)
      for k in range(torch.len(g)):
        _8 = torch.mul_(g[k], shorter)
      """;

  /** Computes whether a multi-label row has the class of its largest logit. */
  private static final String HAS_LARGEST =
      "torch.gather(torch.index_select(targets, 0, labels), 1, torch.unsqueeze(largest, 1))";

  private StepSource() {}

  /**
   * Returns the whole source of the class.
   *
   * @param network the trained layers
   * @param groups the trained parameters
   */
  static String of(
      Network network, Loss loss, Optimization optimization, List<UpdateSource.Group> groups) {
    boolean targeted = loss instanceof Loss.BinaryCrossEntropy;
    boolean accumulates = optimization.accumulate() > 1;
    String clip =
        optimization.clipNorm().isPresent()
            ? CLIP.formatted(number(optimization.clipNorm().getAsDouble()))
            : "";
    String update = clip + UpdateSource.of(optimization.optimizer(), groups);
    int all = network.parameterShapes().size();
    return TEMPLATE
            .replace("{TARGETS_IN}", targeted ? "targets: Tensor, " : "")
            .replace("{TARGETS}", targeted ? "targets, " : "")
            .replace("{LISTS}", lists(all, optimization, groups))
            .replace("{CORRECT}", targeted ? HAS_LARGEST : "torch.eq(largest, labels)")
            .replace("{ARRAYS}\n", arrays(all, groups).indent(4))
            .replace("{TRAINED}", names(groups.stream().flatMap(g -> g.arrays().stream()).toList()))
            .replace("{ARGUMENTS}", names(IntStream.range(0, all).boxed().toList()))
            .replace("{LOSS}\n", LossFormula.script(loss).indent(4))
            // The gradient of the mean. Over several batches, it is the gradient of the sum until
            // the weights of all of them are known.
            .replace(
                "{SCALE}", accumulates ? "torch.ones_like(weight)" : "torch.reciprocal(weight)")
            .replace(
                "{UPDATE}\n",
                (accumulates ? ACCUMULATED.replace("{UPDATE}\n", update.indent(2)) : update)
                    .indent(4))
        + LayerScript.method(CLASS, network, optimization.precision());
  }

  /** Writes the arguments that are lists of arrays, none of which is empty. */
  private static String lists(int all, Optimization optimization, List<UpdateSource.Group> groups) {
    List<String> names = new ArrayList<>();
    for (int k = 0; k < groups.size(); k++) {
      names.add("p" + k);
      for (String slot : UpdateSource.slots(optimization.optimizer())) {
        names.add(slot + k);
      }
    }
    if (all > groups.stream().mapToInt(group -> group.arrays().size()).sum()) {
      names.add("statistics");
    }
    if (optimization.accumulate() > 1) {
      names.add("sums");
    }
    return names.stream().map(name -> name + ": List[Tensor], ").collect(Collectors.joining());
  }

  /** Writes a variable for each array. Those of trained parameters are watched by autograd. */
  private static String arrays(int all, List<UpdateSource.Group> groups) {
    String[] lines = new String[all];
    for (int k = 0; k < groups.size(); k++) {
      List<Integer> arrays = groups.get(k).arrays();
      for (int i = 0; i < arrays.size(); i++) {
        lines[arrays.get(i)] =
            "torch.requires_grad_(torch.detach((p%d)[%d]), True)".formatted(k, i);
      }
    }
    StringBuilder script = new StringBuilder();
    int statistics = 0;
    for (int i = 0; i < all; i++) {
      String value = lines[i] == null ? "(statistics)[" + statistics++ + "]" : lines[i];
      script.append("a%d = %s\n".formatted(i, value));
    }
    return script.toString();
  }

  private static String names(List<Integer> indices) {
    return indices.stream().map(i -> "a" + i).collect(Collectors.joining(", "));
  }
}
