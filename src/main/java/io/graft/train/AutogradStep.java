package io.graft.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Precision;
import io.graft.recipe.ClassWeights;
import io.graft.recipe.Loss;
import io.graft.recipe.Optimization;
import io.graft.runtime.TensorFloat32;
import io.graft.torchscript.TorchScriptModule;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A training step for any layers, loss and optimizer. PyTorch's autograd computes the gradients.
 *
 * <p>DJL's own trainer is not used. It refuses steps whose gradients sum to zero, as those of a
 * softmax classifier do. Also, most of its optimizers throw exceptions.
 */
final class AutogradStep implements TrainingStep {

  private final TorchScriptModule module;

  /** The arguments of {@code forward} between rows and labels, and the numbers of the step. */
  private final List<Object> constant = new ArrayList<>();

  private final NDArray diverged;
  private final NDManager host;
  private final boolean roundsFactors;
  private final Map<String, NDArray> arrays = new LinkedHashMap<>();
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
    List<UpdateSource.Group> groups = groups(trained, optimization);
    String source = StepSource.of(trained.network(), loss, optimization, groups);
    this.module = TorchScriptModule.ofMethods(StepSource.CLASS, source, manager);
    this.roundsFactors = optimization.precision() == Precision.TF32;
    this.host = manager.newSubManager(Device.cpu());
    this.diverged = manager.zeros(new Shape(), DataType.FLOAT32);
    targets.ifPresent(sets -> constant.add(array(sets, manager)));
    constant.add(manager.create(classWeights));
    List<NDArray> all = trained.arrays();
    Set<Integer> rest = new TreeSet<>(IntStream.range(0, all.size()).boxed().toList());
    List<NDArray> sums = new ArrayList<>();
    for (UpdateSource.Group group : groups) {
      List<NDArray> parameters = group.arrays().stream().map(all::get).toList();
      // libtorch refuses in-place changes of a parameter that autograd watches.
      parameters.forEach(parameter -> parameter.setRequiresGradient(false));
      group.arrays().forEach(rest::remove);
      constant.add(parameters);
      for (String slot : UpdateSource.slots(optimization.optimizer())) {
        List<NDArray> ofSlot = zeros(parameters, manager);
        constant.add(ofSlot);
        for (int i = 0; i < ofSlot.size(); i++) {
          String name = trained.getParameters().keys().get(group.arrays().get(i));
          arrays.put(slot + "." + name, ofSlot.get(i));
        }
      }
      if (optimization.accumulate() > 1) {
        sums.addAll(zeros(parameters, manager));
      }
    }
    if (!rest.isEmpty()) {
      constant.add(rest.stream().map(all::get).toList());
    }
    if (optimization.accumulate() > 1) {
      sums.add(manager.zeros(new Shape(), DataType.FLOAT64));
      constant.add(sums);
    }
    constant.add(diverged);
  }

  /** Returns arrays of zeros with the memory layout of the parameters. */
  private static List<NDArray> zeros(List<NDArray> parameters, NDManager manager) {
    List<NDArray> zeros = parameters.stream().map(NDArray::zerosLike).toList();
    zeros.forEach(array -> array.attach(manager));
    return zeros;
  }

  /** Returns the trained parameters, those with equal learning rate and weight decay together. */
  private static List<UpdateSource.Group> groups(NetworkBlock trained, Optimization optimization) {
    Map<String, Double> factors = BlockRates.of(trained.network(), optimization.blockDecay());
    Map<List<Double>, List<Integer>> grouped = new LinkedHashMap<>();
    int index = 0;
    for (Pair<String, Parameter> named : trained.getParameters()) {
      Parameter parameter = named.getValue();
      if (parameter.requiresGradient()) {
        boolean decays = parameter.getShape().dimension() > 1;
        double decay = decays ? optimization.optimizer().weightDecay() : 0;
        grouped
            .computeIfAbsent(
                List.of(factors.get(named.getKey()), decay), settings -> new ArrayList<>())
            .add(index);
      }
      index++;
    }
    return grouped.entrySet().stream()
        .map(
            each ->
                new UpdateSource.Group(each.getValue(), each.getKey().get(0), each.getKey().get(1)))
        .toList();
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
  public NDArray run(NDArray rows, NDArray labels, double learningRate, boolean completes) {
    List<Object> arguments = new ArrayList<>(List.of(rows, labels));
    arguments.addAll(constant);
    try (NDArray numbers =
        host.create(new double[] {learningRate, steps + 1.0, completes ? 1 : 0})) {
      arguments.add(numbers);
      NDArray outcome = call(rows.getManager(), arguments.toArray());
      if (completes) {
        steps++;
      }
      return outcome;
    }
  }

  private NDArray call(NDManager owner, Object... arguments) {
    if (!roundsFactors) {
      return module.record(owner, arguments);
    }
    try (TensorFloat32 allowed = TensorFloat32.allow()) {
      return module.record(owner, arguments);
    }
  }

  @Override
  public NDArray diverged() {
    return diverged;
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
