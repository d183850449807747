package io.graft.train;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import io.graft.nn.NetworkBlock;

/**
 * A step of any layers, with gradients by PyTorch's autograd.
 *
 * <p>DJL's own trainer is not used: it refuses steps whose gradients sum to zero, which is the
 * usual state of a softmax classifier.
 */
final class AutogradStep implements TrainingStep {

  private final NetworkBlock trained;
  private final Adam adam;

  /**
   * A step of those layers.
   *
   * @param state owns the optimizer's state
   */
  AutogradStep(NetworkBlock trained, double learningRate, NDManager state) {
    this.trained = trained;
    this.adam = new Adam(trained.getParameters().values(), learningRate, state);
  }

  @Override
  public Outcome run(NDArray rows, NDArray labels) {
    ParameterStore parameters = new ParameterStore(rows.getManager(), false);
    NDArray inputs = rows.toType(DataType.FLOAT32, false);
    try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      NDList logits = trained.forward(parameters, new NDList(inputs), true);
      NDArray loss = Loss.softmaxCrossEntropyLoss().evaluate(new NDList(labels), logits);
      collector.backward(loss);
      Outcome outcome =
          new Outcome(
              loss.getFloat(),
              logits.singletonOrThrow().argMax(1).eq(labels).countNonzero().getLong());
      if (Double.isFinite(outcome.loss())) {
        adam.step();
      }
      return outcome;
    }
  }
}
