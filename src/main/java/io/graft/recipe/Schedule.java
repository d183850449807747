package io.graft.recipe;

import io.graft.runtime.InvalidOptionException;

/**
 * How the learning rate changes during training. Each schedule computes the same rates as a class
 * in PyTorch's {@code torch.optim.lr_scheduler}. {@link OneCycle} changes the rate at every step,
 * the others only between epochs.
 */
public sealed interface Schedule {

  /** Returns the name that people type. */
  default String optionName() {
    if (this instanceof Step) {
      return "step";
    } else if (this instanceof Cosine) {
      return "cosine";
    } else if (this instanceof OneCycle) {
      return "one-cycle";
    }
    return this instanceof Plateau ? "plateau" : "constant";
  }

  /** Returns whether the learning rate of an epoch depends on the number of epochs. */
  default boolean dependsOnEpochs() {
    return this instanceof Cosine || this instanceof OneCycle;
  }

  /** The same rate in every epoch. */
  record Constant() implements Schedule {}

  /**
   * A rate that falls every {@code size} epochs, like {@code StepLR}.
   *
   * @param size the number of epochs between two falls, at least 1
   * @param gamma the factor by which each fall multiplies the rate, in (0, 1]
   */
  record Step(int size, double gamma) implements Schedule {

    /** Checks every value. */
    public Step {
      requireAtLeast("step size", 1, size);
      requireFactor("gamma", gamma);
    }

    /** Creates a schedule with StepLR's default gamma of a tenth. */
    public Step(int size) {
      this(size, 0.1);
    }
  }

  /**
   * A rate that rises linearly and then falls along half a cosine. As in torchvision's training
   * script, this is {@code LinearLR}, then {@code CosineAnnealingLR} over the remaining epochs.
   *
   * @param warmup for how many epochs the rate rises, at least 0
   * @param warmupStart the share of the rate in the first epoch of the warmup, in (0, 1]
   * @param minimum the rate that the cosine would reach one epoch after the last, at least 0
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

    /** Creates a schedule that starts at 1 % of the rate, as in torchvision, and falls to 0. */
    public Cosine(int warmup) {
      this(warmup, 0.01, 0);
    }
  }

  /**
   * A rate that rises to the learning rate and then falls far below its start, both along half a
   * cosine, like {@code OneCycleLR} with {@code cycle_momentum=False}.
   *
   * @param pctStart the share of the steps in which the rate rises, in (0, 1)
   * @param divFactor the learning rate divided by the rate of the first step, at least 1
   * @param finalDivFactor the rate of the first step divided by the rate of the last, at least 1
   * @see <a href="https://arxiv.org/abs/1708.07120">Smith and Topin, 2017</a>
   */
  record OneCycle(double pctStart, double divFactor, double finalDivFactor) implements Schedule {

    /** Checks every value. */
    public OneCycle {
      Components.require(
          pctStart > 0 && pctStart < 1,
          "The schedule's share of rising steps",
          pctStart,
          "a number between 0 and 1, such as 0.3");
      requireDivisor(divFactor);
      requireDivisor(finalDivFactor);
    }

    /** Creates a schedule with OneCycleLR's defaults. */
    public OneCycle() {
      this(0.3, 25, 1e4);
    }

    private static void requireDivisor(double divisor) {
      Components.require(
          divisor >= 1 && Double.isFinite(divisor),
          "The schedule's divisor",
          divisor,
          "a number of at least 1, such as 25");
    }
  }

  /**
   * A rate that falls when the loss stops improving, like {@code ReduceLROnPlateau}. It follows the
   * validation loss, or the training loss if there are no validation images.
   *
   * @param factor the factor by which each fall multiplies the rate, in (0, 1)
   * @param patience how many epochs without a better loss are allowed before the rate falls, at
   *     least 0
   * @param threshold the share by which a loss must be below the best to count as better, in [0, 1)
   * @param cooldown how many epochs after a fall the patience ignores, at least 0
   * @param minimum the smallest rate, at least 0
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
            ("The schedule's factor is %s and its threshold %s: expected numbers below 1, such as"
                    + " 0.1 and 0.0001.")
                .formatted(factor, threshold));
      }
    }

    /** Creates a schedule with ReduceLROnPlateau's other defaults: threshold 1e-4, minimum 0. */
    public Plateau(double factor, int patience) {
      this(factor, patience, 1e-4, 0, 0);
    }
  }

  private static void requireAtLeast(String name, int least, int value) {
    Components.require(
        value >= least,
        "The schedule's " + name,
        value,
        "a whole number of epochs, at least " + least);
  }

  private static void requireFactor(String name, double value) {
    Components.require(
        value > 0 && value <= 1,
        "The schedule's " + name,
        value,
        "a number above 0 and at most 1, such as 0.1");
  }

  private static void requireMinimum(double value) {
    Components.require(
        value >= 0 && Double.isFinite(value),
        "The schedule's minimum",
        value,
        "a learning rate of at least 0, such as 0.00001");
  }
}
