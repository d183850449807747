package io.graft.recipe;

import io.graft.runtime.InvalidOptionException;

/**
 * How the learning rate changes while training. Each is one of PyTorch's {@code
 * torch.optim.lr_scheduler}, with its values; {@link OneCycle} changes the rate with every step,
 * the others with every epoch.
 */
public sealed interface Schedule {

  /** The name that people type. */
  String optionName();

  /** Returns whether the learning rates of an epoch depend on how many epochs there are. */
  default boolean dependsOnEpochs() {
    return this instanceof Cosine || this instanceof OneCycle;
  }

  /** The same rate throughout. */
  record Constant() implements Schedule {
    @Override
    public String optionName() {
      return "constant";
    }
  }

  /**
   * A rate that falls at regular epochs: {@code StepLR}.
   *
   * @param size epochs between two falls, at least 1
   * @param gamma what the rate is multiplied with, in (0, 1]
   */
  record Step(int size, double gamma) implements Schedule {

    /** Checks every value. */
    public Step {
      requireAtLeast("step size", 1, size);
      requireFactor("gamma", gamma);
    }

    /** StepLR's default of a tenth. */
    public Step(int size) {
      this(size, 0.1);
    }

    @Override
    public String optionName() {
      return "step";
    }
  }

  /**
   * A rate that rises linearly over some epochs and then falls along half a cosine: {@code
   * LinearLR}, then {@code CosineAnnealingLR} over the epochs that are left, as torchvision's
   * training script joins them.
   *
   * @param warmup epochs of rising, at least 0
   * @param warmupStart the share of the rate in the first of them, in (0, 1]
   * @param minimum the rate that the cosine would reach one epoch behind the last, at least 0
   * @see <a
   *     href="https://github.com/pytorch/vision/blob/main/references/classification/train.py">torchvision's
   *     train.py</a>
   * @see <a href="https://arxiv.org/abs/1608.03983">Loshchilov and Hutter, 2016</a>
   */
  record Cosine(int warmup, double warmupStart, double minimum) implements Schedule {

    /** Checks every value. */
    public Cosine {
      requireAtLeast("warmup", 0, warmup);
      requireFactor("start of the warmup", warmupStart);
      requireMinimum(minimum);
    }

    /** A warm-up from a hundredth, torchvision's {@code --lr-warmup-decay}, and a fall to 0. */
    public Cosine(int warmup) {
      this(warmup, 0.01, 0);
    }

    @Override
    public String optionName() {
      return "cosine";
    }
  }

  /**
   * A rate that rises to the learning rate and falls far below its start, each along half a cosine,
   * step by step: {@code OneCycleLR} with {@code cycle_momentum=False}.
   *
   * @param pctStart the share of the steps in which it rises, in (0, 1)
   * @param divFactor the learning rate divided by that of the first step, at least 1
   * @param finalDivFactor the first step's rate divided by that of the last, at least 1
   * @see <a href="https://arxiv.org/abs/1708.07120">Smith and Topin, 2017</a>
   */
  record OneCycle(double pctStart, double divFactor, double finalDivFactor) implements Schedule {

    /** Checks every value. */
    public OneCycle {
      if (!(pctStart > 0 && pctStart < 1)) {
        throw new InvalidOptionException(
            "The schedule's share of rising steps is "
                + pctStart
                + ": expected a number between 0 and 1, such as 0.3.");
      }
      requireDivisor(divFactor);
      requireDivisor(finalDivFactor);
    }

    /** OneCycleLR's defaults. */
    public OneCycle() {
      this(0.3, 25, 1e4);
    }

    @Override
    public String optionName() {
      return "one-cycle";
    }

    private static void requireDivisor(double divisor) {
      if (!(divisor >= 1) || Double.isInfinite(divisor)) {
        throw new InvalidOptionException(
            "The schedule's divisor is "
                + divisor
                + ": expected a number of at least 1, such as 25.");
      }
    }
  }

  /**
   * A rate that falls when the loss has not become better for some epochs: {@code
   * ReduceLROnPlateau} of the validation loss, or of the training loss where nothing is validated.
   *
   * @param factor what the rate is multiplied with, in (0, 1)
   * @param patience epochs without a better loss that are borne, at least 0
   * @param threshold the share by which a loss must be below the best to count as better, in [0, 1)
   * @param cooldown epochs behind a fall that are not counted, at least 0
   * @param minimum the rate below which it does not fall, at least 0
   */
  record Plateau(double factor, int patience, double threshold, int cooldown, double minimum)
      implements Schedule {

    /** Checks every value. */
    public Plateau {
      requireFactor("factor", factor);
      requireAtLeast("patience", 0, patience);
      requireAtLeast("cooldown", 0, cooldown);
      requireMinimum(minimum);
      if (factor == 1 || !(threshold >= 0 && threshold < 1)) {
        throw new InvalidOptionException(
            "The schedule's factor is "
                + factor
                + " and its threshold "
                + threshold
                + ": expected numbers below 1, such as 0.1 and 0.0001.");
      }
    }

    /** ReduceLROnPlateau's other defaults: no cooldown, no minimum, a threshold of 1e-4. */
    public Plateau(double factor, int patience) {
      this(factor, patience, 1e-4, 0, 0);
    }

    @Override
    public String optionName() {
      return "plateau";
    }
  }

  private static void requireAtLeast(String name, int least, int value) {
    if (value < least) {
      throw new InvalidOptionException(
          "The schedule's "
              + name
              + " is "
              + value
              + ": expected a whole number of epochs, at least "
              + least
              + ".");
    }
  }

  private static void requireFactor(String name, double value) {
    if (!(value > 0 && value <= 1)) {
      throw new InvalidOptionException(
          "The schedule's "
              + name
              + " is "
              + value
              + ": expected a number above 0 and at most 1, such as 0.1.");
    }
  }

  private static void requireMinimum(double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new InvalidOptionException(
          "The schedule's minimum is "
              + value
              + ": expected a learning rate of at least 0, such as 0.00001.");
    }
  }
}
