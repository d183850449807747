package io.graft.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.data.OnBadImage;
import io.graft.data.Views;
import io.graft.image.Augmentation;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** Saved models and checkpoints contain these texts, so their bytes must not change. */
class OptionsJsonTest {

  @Test
  void defaultsKeepTheirText() {
    assertThat(OptionsJson.of(FitOptions.defaults()))
        .hasToString(
            """
            {"optimizer":{"name":"adam","beta1":0.9,"beta2":0.999,"epsilon":1.0E-8,\
            "weight_decay":0.0},"schedule":{"name":"constant"},"loss":{"name":"cross-entropy",\
            "label_smoothing":0.0},"stages":[{"unfreeze":"none","epochs":10,\
            "learning_rate":0.001}],\
            "augment":"augmentation-1 crop=none flip=false brightness=0.0 contrast=0.0 saturation=0.0",\
            "views":1,"batch_size":32,"accumulate":1,"clip_norm":null,"class_weights":"equal",\
            "lr_decay_per_block":1.0,"trained_precision":"fp32","sampling":"shuffled",\
            "early_stopping":null,"seed":42,"on_bad_image":"skip","calibrate":false,\
            "fit_thresholds":false}""");
  }

  @Test
  void everyOptionKeepsItsText() {
    FitOptions options =
        new FitOptions(
            Head.POOL,
            HiddenLayers.of(6).withDropout(0.25),
            List.of(new Stage(Unfreeze.NONE, 2, 0.01), new Stage(new Unfreeze("block5"), 3, 1e-5)),
            new Views(Augmentation.STRONG, 2),
            3,
            new Optimization(
                new Optimizer.Sgd(0.9, true, 0.01),
                new Schedule.Plateau(0.5, 2),
                OptionalDouble.of(1.5),
                2,
                0.5,
                Precision.BF16),
            new Objective(
                new Loss.Focal(1.5), new ClassWeights.Values(List.of(1.0, 2.5)), Sampling.BALANCED),
            Optional.of(5),
            7,
            OnBadImage.FAIL,
            true,
            false);
    assertThat(OptionsJson.of(options))
        .hasToString(
            """
            {"optimizer":{"name":"sgd","momentum":0.9,"nesterov":true,"weight_decay":0.01},\
            "schedule":{"name":"plateau","factor":0.5,"patience":2,"threshold":1.0E-4,\
            "cooldown":0,"minimum":0.0},"loss":{"name":"focal","gamma":1.5},\
            "stages":[{"unfreeze":"none","epochs":2,"learning_rate":0.01},{"unfreeze":"block5",\
            "epochs":3,"learning_rate":1.0E-5}],\
            "augment":"augmentation-1 crop=0.2,1.0,0.75,1.3333333333333333 flip=true brightness=0.4 contrast=0.4 saturation=0.4",\
            "views":2,"batch_size":3,"accumulate":2,"clip_norm":1.5,"class_weights":[1.0,2.5],\
            "lr_decay_per_block":0.5,"trained_precision":"bf16","sampling":"balanced",\
            "early_stopping":5,"seed":7,"on_bad_image":"fail","calibrate":true,\
            "fit_thresholds":false}""");
  }

  @Test
  void everyVariantHasItsName() {
    FitOptions options =
        FitOptions.defaults()
            .withOptimizer(new Optimizer.RmsProp())
            .withSchedule(new Schedule.OneCycle())
            .withLoss(new Loss.CrossEntropy(0.1))
            .withClassWeights(new ClassWeights.Balanced())
            .withViews(Views.fresh(Augmentation.CROP))
            .withLearningRate(new LearningRate.Searched())
            .withSeed(-9_007_199_254_740_993L);
    assertThat(OptionsJson.of(options))
        .hasToString(
            """
            {"optimizer":{"name":"rmsprop","alpha":0.99,"epsilon":1.0E-8,"momentum":0.0,\
            "weight_decay":0.0},"schedule":{"name":"one-cycle","pct_start":0.3,\
            "div_factor":25.0,"final_div_factor":10000.0},"loss":{"name":"cross-entropy",\
            "label_smoothing":0.1},"stages":[{"unfreeze":"none","epochs":10,\
            "learning_rate":0.001}],\
            "augment":"augmentation-1 crop=0.35,1.0,0.75,1.3333333333333333 flip=true brightness=0.0 contrast=0.0 saturation=0.0",\
            "views":0,"batch_size":32,"accumulate":1,"clip_norm":null,\
            "class_weights":"balanced","lr_decay_per_block":1.0,"trained_precision":"fp32",\
            "sampling":"shuffled","early_stopping":null,"seed":-9007199254740993,\
            "on_bad_image":"skip","calibrate":false,"fit_thresholds":false}""");
  }
}
