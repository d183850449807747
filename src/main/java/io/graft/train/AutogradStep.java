package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import io.graft.nn.NetworkBlock;
import io.graft.recipe.ClassWeights;
import io.graft.recipe.Loss;
import io.graft.recipe.Optimization;
import io.graft.torchscript.GradientMode;
import io.graft.torchscript.TorchScriptModule;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A training step for any layers, loss and optimizer. PyTorch's autograd computes the gradients.
 *
 * <p>DJL's own trainer is not used. It refuses steps whose gradients sum to zero, as those of a
 * softmax classifier do. Also, most of its optimizers throw exceptions.
 */
final class AutogradStep implements TrainingStep {

  private final Optimization optimization;
  private final TorchScriptModule module;

  /** The arguments of the loss that follow the labels. */
  private final List<NDArray> ofLabels = new ArrayList<>();

  /** All arrays of the layers, in the order of their network. */
  private final List<NDArray> layers;

  /** The arrays that the optimizer changes. */
  private final List<NDArray> parameters = new ArrayList<>();

  private final List<Double> factors = new ArrayList<>();
  private final List<Double> decays = new ArrayList<>();
  private final List<List<NDArray>> slots = new ArrayList<>();
  private final Map<String, NDArray> arrays = new LinkedHashMap<>();
  private double weight;
  private long steps;

  /**
   * Creates the step.
   *
   * @param classWeights the weights from {@link ClassWeights#of}, one for each label
   * @param targets which classes the rows of each label have, (labels, classes), for binary
   *     cross-entropy; empty for other losses
   * @param manager the owner of the optimizer's state
   */
  AutogradStep(
      NetworkBlock trained,
      Loss loss,
      Optimization optimization,
      float[] classWeights,
      Optional<boolean[][]> targets,
      NDManager manager) {
    this.optimization = optimization;
    String source =
        StepSource.of(trained.network(), optimization.precision(), loss, optimization.optimizer());
    this.module = TorchScriptModule.ofMethods(StepSource.CLASS, source, manager);
    this.layers = trained.arrays();
    // DJL would pass an array whose name contains a dot as a dictionary entry.
    layers.forEach(array -> array.setName(null));
    Map<String, Double> blockFactors = BlockRates.of(trained.network(), optimization.blockDecay());
    targets.ifPresent(sets -> ofLabels.add(array(sets, manager)));
    ofLabels.add(manager.create(classWeights));
    List<String> names = new ArrayList<>();
    for (String name : trained.getParameters().keys()) {
      Parameter parameter = trained.getParameters().get(name);
      if (parameter.requiresGradient()) {
        NDArray array = parameter.getArray();
        names.add(name);
        parameters.add(array);
        factors.add(blockFactors.get(name));
        decays.add(array.getShape().dimension() > 1 ? optimization.optimizer().weightDecay() : 0.0);
      }
    }
    for (String slot : StepSource.slots(optimization.optimizer())) {
      List<NDArray> ofSlot = new ArrayList<>();
      for (int i = 0; i < parameters.size(); i++) {
        NDArray array = manager.zeros(parameters.get(i).getShape(), DataType.FLOAT32);
        ofSlot.add(array);
        arrays.put(slot + "." + names.get(i), array);
      }
      slots.add(ofSlot);
    }
  }

  private static NDArray array(boolean[][] targets, NDManager manager) {
    float[][] values = new float[targets.length][targets[0].length];
    for (int label = 0; label < values.length; label++) {
      for (int i = 0; i < values[label].length; i++) {
        values[label][i] = targets[label][i] ? 1 : 0;
      }
    }
    return manager.create(values);
  }

  @Override
  public Outcome run(NDArray rows, NDArray labels, double learningRate, boolean completes) {
    Outcome outcome;
    try (GradientMode recording = GradientMode.on()) {
      NDList inputs = new NDList(rows, labels);
      inputs.addAll(ofLabels);
      inputs.addAll(layers);
      NDList losses = module.record(inputs);
      double[] sums = losses.get(1).toDoubleArray();
      outcome = new Outcome(sums[0] / sums[1], sums[1], Math.round(sums[2]));
      if (Double.isFinite(outcome.loss())) {
        GradientMode.backward(losses.get(0));
      }
    }
    weight += outcome.weight();
    if (completes && Double.isFinite(outcome.loss())) {
      update(learningRate);
      weight = 0;
    }
    return outcome;
  }

  private void update(double learningRate) {
    steps++;
    List<NDArray> gradients = parameters.stream().map(NDArray::getGradient).toList();
    List<Object> arguments = new ArrayList<>(List.of(parameters, gradients));
    arguments.addAll(slots);
    arguments.add(decays);
    arguments.add(factors.stream().map(factor -> factor * learningRate).toList());
    arguments.add(1 / weight);
    arguments.add(optimization.clipNorm().orElse(0));
    arguments.add(steps);
    try (GradientMode changing = GradientMode.off()) {
      module.run("update", arguments.toArray());
    } finally {
      gradients.forEach(NDArray::close);
    }
  }

  @Override
  public OptimizerState state() {
    return new OptimizerState(steps, Collections.unmodifiableMap(arrays));
  }

  @Override
  public void restore(long made) {
    steps = made;
  }
}
