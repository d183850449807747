package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.graft.nn.FreezeBoundary;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Network;
import io.graft.nn.Unfreeze;
import io.graft.nn.Vgg;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The factors that scale the learning rate of each parameter. */
class BlockRatesTest {

  private static final Vgg.Dimensions TINY = new Vgg.Dimensions(32, 1, 2, 3);

  private static Map<String, Double> rates(
      String network, Head head, HiddenLayers hidden, String unfreeze, double decay) {
    FreezeBoundary boundary = head.attach(Vgg.network(network, TINY), hidden, 3);
    Network trained = boundary.unfreeze(new Unfreeze(unfreeze)).trainable();
    Map<String, Double> rates = BlockRates.of(trained, decay);
    assertThat(rates.keySet()).isEqualTo(trained.parameterShapes().keySet());
    return rates;
  }

  @ParameterizedTest
  @CsvSource({
    "head.weight, 1",
    "head.bias, 1",
    "features.28.weight, 0.5",
    "features.26.bias, 0.5",
    "features.24.weight, 0.5",
    "features.21.weight, 0.25",
    "features.17.bias, 0.25",
    "features.14.weight, 0.125",
    "features.5.weight, 0.0625",
    "features.2.weight, 0.03125",
    "features.0.weight, 0.03125",
  })
  void learningRateDecaysByTheSameFactorPerBlock(String parameter, double factor) {
    assertThat(rates("vgg16", Head.POOL, HiddenLayers.NONE, "all", 0.5).get(parameter))
        .isCloseTo(factor, within(1e-15));
  }

  @Test
  void hiddenLayersHaveTheLearningRateOfTheHead() {
    Map<String, Double> rates = rates("vgg16", Head.FLATTEN, HiddenLayers.of(8, 4), "block5", 0.1);
    rates.forEach(
        (name, factor) -> assertThat(factor).as(name).isEqualTo(name.startsWith("head") ? 1 : 0.1));
  }

  @Test
  void fullyConnectedLayersAreOneBlock() {
    Map<String, Double> rates = rates("vgg16", Head.FC, HiddenLayers.NONE, "block5", 0.1);
    assertThat(rates).containsEntry("head.weight", 1.0);
    assertThat(rates).containsEntry("classifier.3.weight", 0.1);
    assertThat(rates).containsEntry("classifier.0.bias", 0.1);
    assertThat(rates.get("features.28.weight")).isCloseTo(0.01, within(1e-15));
  }

  @Test
  void normalisationHasTheLearningRateOfItsBlock() {
    Map<String, Double> rates = rates("vgg16_bn", Head.POOL, HiddenLayers.NONE, "block5", 0.3);
    rates.forEach(
        (name, factor) -> assertThat(factor).as(name).isEqualTo(name.startsWith("head") ? 1 : 0.3));
  }

  @Test
  void allLearningRatesAreEqualWithoutDecay() {
    assertThat(rates("vgg16_bn", Head.FC, HiddenLayers.NONE, "all", 1).values())
        .allMatch(factor -> factor == 1);
  }
}
