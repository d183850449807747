package io.graft.train;

import static io.graft.torchscript.ScriptText.number;

import io.graft.eval.Evaluation;
import io.graft.eval.Outputs;
import io.graft.recipe.Loss;

/**
 * The formulas of every {@link Loss} in two forms: TorchScript with gradients for training, and
 * Java in float64 for validation. A new loss needs both forms.
 */
final class LossFormula {

  private LossFormula() {}

  /**
   * Returns the body of the method {@code losses} in {@link StepSource}, which computes the loss of
   * each row times the weight of its label.
   */
  static String script(Loss loss) {
    if (loss instanceof Loss.CrossEntropy crossEntropy) {
      return "return torch.cross_entropy_loss(logits, labels, weights, 0, -100, "
          + number(crossEntropy.labelSmoothing())
          + ")\n";
    } else if (loss instanceof Loss.Focal focal) {
      // Clamp the base: with an exponent below 1, a power has an infinite gradient at 0.
      return """
      log_p = torch.log_softmax(logits, 1)
      log_p_label = torch.squeeze(torch.gather(log_p, 1, torch.unsqueeze(labels, 1)), 1)
      rest = torch.clamp(torch.neg(torch.expm1(log_p_label)), 1e-12)
      factor = torch.pow(rest, %s)
      return torch.neg(torch.mul(torch.mul(factor, log_p_label), torch.index_select(weights, 0, labels)))
      """
          .formatted(number(focal.gamma()));
    } else if (loss instanceof Loss.MeanSquaredError) {
      return weightedMean(
          "torch.to(torch.one_hot(labels, torch.size(logits, 1)), 6)",
          "torch.mul(torch.square(torch.sub(torch.softmax(logits, 1), target)), 0.5)");
    } else if (loss instanceof Loss.BinaryCrossEntropy) {
      return weightedMean(
          "torch.index_select(targets, 0, labels)",
          "torch.binary_cross_entropy_with_logits(logits, target, None, None, 0)");
    }
    throw unknown(loss);
  }

  private static String weightedMean(String target, String terms) {
    return """
    target = %s
    row = torch.mean(%s, [1])
    return torch.mul(row, torch.index_select(weights, 0, labels))
    """
        .formatted(target, terms);
  }

  /** Returns the mean loss in float64, without class weights and label smoothing. */
  static double mean(Loss loss, float[][] logits, int[] labels, Evaluation evaluation) {
    if (loss instanceof Loss.CrossEntropy || loss instanceof Loss.BinaryCrossEntropy) {
      return evaluation.loss();
    }
    double sum = 0;
    for (int row = 0; row < logits.length; row++) {
      sum += ofRow(loss, logits[row], labels[row]);
    }
    return sum / logits.length;
  }

  private static double ofRow(Loss loss, float[] logits, int label) {
    if (loss instanceof Loss.Focal focal) {
      double crossEntropy = Outputs.SOFTMAX.loss(logits, label, 1);
      return Math.pow(-Math.expm1(-crossEntropy), focal.gamma()) * crossEntropy;
    } else if (loss instanceof Loss.MeanSquaredError) {
      double[] probabilities = Outputs.SOFTMAX.probabilities(logits, 1);
      double sum = 0;
      for (int i = 0; i < logits.length; i++) {
        sum += Math.pow(probabilities[i] - (i == label ? 1 : 0), 2) / 2;
      }
      return sum / logits.length;
    }
    throw unknown(loss);
  }

  private static IllegalStateException unknown(Loss loss) {
    return new IllegalStateException("No formula for the loss " + loss.optionName() + ".");
  }
}
