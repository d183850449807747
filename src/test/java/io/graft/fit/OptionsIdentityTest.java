package io.graft.fit;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.graft.data.ImageFolder;
import io.graft.data.LabeledImages;
import io.graft.data.Views;
import io.graft.features.FeatureCache;
import io.graft.image.Augmentation;
import io.graft.image.Decode;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import io.graft.recipe.ClassWeights;
import io.graft.recipe.FitOptions;
import io.graft.recipe.LearningRate;
import io.graft.recipe.Loss;
import io.graft.recipe.Optimizer;
import io.graft.recipe.OptionsJson;
import io.graft.recipe.Schedule;
import io.graft.recipe.Stage;
import io.graft.tensors.TensorType;
import io.graft.testing.TinyPictures;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Changes each component of {@link FitOptions} and of its records by reflection. Doubles change by
 * their last bit. Expects a difference in the fingerprint of a resume and in the JSON of a saved
 * model.
 */
class OptionsIdentityTest {

  /** The components that {@link OptionsJson} leaves out, and why. */
  private static final Map<String, String> NOT_IN_JSON =
      Map.of(
          "head", "graft.json has it outside of training",
          "hidden", "graft.json has it outside of training",
          "stages.learningRate", "a search is written as the default rate",
          "onBadImage.maxPixels", "it says which images are taken, as the number of images does");

  /** Options that together have every optimizer, schedule, loss and type of class weights. */
  private static final List<FitOptions> BASES =
      List.of(
          FitOptions.defaults(),
          FitOptions.defaults()
              .withHidden(HiddenLayers.of(4, 5).withDropout(0.5))
              .withViews(new Views(Augmentation.STRONG, 2))
              .withOptimizer(new Optimizer.AdamW())
              .withSchedule(new Schedule.Step(2))
              .withClipNorm(1)
              .withLoss(new Loss.Focal())
              .withClassWeights(new ClassWeights.Values(List.of(1.0, 2.0)))
              .withEarlyStopping(3),
          FitOptions.defaults()
              .withStages(
                  List.of(
                      new Stage(Unfreeze.NONE, 3, 0.01),
                      new Stage(new Unfreeze("block5"), 4, 0.001)))
              .withOptimizer(new Optimizer.Sgd(0.9, true, 0.1))
              .withSchedule(new Schedule.Cosine(1))
              .withLoss(new Loss.MeanSquaredError())
              .withClassWeights(new ClassWeights.Balanced()),
          FitOptions.defaults()
              .withOptimizer(new Optimizer.RmsProp())
              .withSchedule(new Schedule.OneCycle())
              .withLoss(new Loss.BinaryCrossEntropy()),
          FitOptions.defaults()
              .withSchedule(new Schedule.Plateau(0.5, 1))
              .withLearningRate(new LearningRate.Searched()));

  /** One instance of each variant of these sealed types. */
  private static final List<Object> VARIANTS =
      BASES.stream()
          .flatMap(
              base ->
                  Stream.<Object>of(
                      base.optimization().optimizer(),
                      base.optimization().schedule(),
                      base.objective().loss(),
                      base.objective().classWeights(),
                      base.stages().get(0).learningRate()))
          .toList();

  /** Values for empty options, by their names. */
  private static final Map<String, Object> SAMPLES =
      Map.of(
          "optimization.clipNorm", OptionalDouble.of(0.5),
          "earlyStopping", Optional.of(2),
          "views.augmentation.crop", Augmentation.CROP.crop());

  @TempDir static Path root;

  private static LabeledImages images;

  @BeforeAll
  static void writeImages() throws IOException {
    TinyPictures.draw(root, 1, 1, "rose", "tulip");
    images = ImageFolder.open(root);
  }

  @Test
  void everyComponentIsInTheFingerprintAndInTheJson() {
    Set<String> missingInFingerprint = new TreeSet<>();
    Set<String> missingInJson = new TreeSet<>();
    Set<String> changed = new TreeSet<>();
    for (FitOptions base : BASES) {
      changes("", FitOptions.class, base)
          .forEach(
              (name, others) -> {
                for (Object other : others) {
                  FitOptions options = (FitOptions) other;
                  changed.add(name);
                  if (compared(options).equals(compared(base))) {
                    missingInFingerprint.add(name);
                  }
                  if (OptionsJson.of(options).equals(OptionsJson.of(base))) {
                    missingInJson.add(name);
                  }
                }
              });
    }
    assertThat(missingInFingerprint).isEmpty();
    missingInJson.removeIf(name -> NOT_IN_JSON.containsKey(name) || name.startsWith("hidden."));
    assertThat(missingInJson).isEmpty();
    // Without this check, a component whose new values are all refused would pass.
    assertThat(changed).containsAll(components("", FitOptions.class));
  }

  private static Map<String, String> compared(FitOptions options) {
    PlannedBackbone backbone =
        new PlannedBackbone(
            Zoo.own("vgg11", 0.0625, 32),
            new WeightChoice.Random(1),
            List.of(Device.cpu()),
            Optional.of(Precision.FP32),
            Decode.EXACT,
            FeatureCache.off());
    FitTask task = new FitTask(images, Optional.empty(), options, TensorType.F16);
    return TrainingFingerprint.asked(backbone, task).options();
  }

  /** Returns the names of all components of a record, or of the records that a type permits. */
  private static Set<String> components(String name, Type type) {
    Set<String> found = new TreeSet<>();
    Class<?> raw = raw(type);
    if (isSealedInterface(raw)) {
      for (Class<?> kind : raw.getPermittedSubclasses()) {
        assertThat(VARIANTS).hasAtLeastOneElementOfType(kind);
        found.addAll(components(name, kind));
      }
    } else if (raw == List.class || raw == Optional.class) {
      found.addAll(components(name, ((ParameterizedType) type).getActualTypeArguments()[0]));
    } else if (raw.isRecord()) {
      for (RecordComponent component : raw.getRecordComponents()) {
        found.addAll(components(dotted(name, component), component.getGenericType()));
      }
    } else {
      found.add(name);
    }
    return found;
  }

  /**
   * Returns values that differ from the given one in a single component, by the component's name.
   */
  private static Map<String, List<Object>> changes(String name, Type type, Object value) {
    Map<String, List<Object>> changes = new TreeMap<>();
    Class<?> raw = raw(type);
    if (raw.isRecord() || isSealedInterface(raw)) {
      VARIANTS.stream()
          .filter(kind -> isSealedInterface(raw) && raw.isInstance(kind))
          .filter(kind -> kind.getClass() != value.getClass())
          .forEach(kind -> add(changes, name, kind));
      RecordComponent[] components = value.getClass().getRecordComponents();
      for (int i = 0; i < components.length; i++) {
        int at = i;
        changes(
                dotted(name, components[i]),
                components[i].getGenericType(),
                get(components[i], value))
            .forEach(
                (path, others) ->
                    others.forEach(
                        other -> with(value, at, other).ifPresent(o -> add(changes, path, o))));
      }
    } else if (value instanceof List<?> list) {
      Type element = ((ParameterizedType) type).getActualTypeArguments()[0];
      for (int i = 0; i < list.size(); i++) {
        int at = i;
        changes(name, element, list.get(i))
            .forEach(
                (path, others) ->
                    others.forEach(
                        other -> {
                          List<Object> changed = new ArrayList<>(list);
                          changed.set(at, other);
                          add(changes, path, changed);
                        }));
      }
      if (!list.isEmpty()) {
        List<Object> longer = new ArrayList<>(list);
        longer.add(list.get(0));
        add(changes, name, longer);
      }
    } else if (value instanceof Optional<?> optional && optional.isPresent()) {
      changes(name, ((ParameterizedType) type).getActualTypeArguments()[0], optional.get())
          .forEach((path, others) -> others.forEach(o -> add(changes, path, Optional.of(o))));
      add(changes, name, Optional.empty());
    } else if (value instanceof OptionalDouble optional && optional.isPresent()) {
      add(changes, name, OptionalDouble.empty());
      add(changes, name, OptionalDouble.of(Math.nextUp(optional.getAsDouble())));
    } else if (value instanceof Optional<?> || value instanceof OptionalDouble) {
      add(changes, name, SAMPLES.get(name));
    } else {
      simple(value).forEach(other -> add(changes, name, other));
    }
    return changes;
  }

  private static List<Object> simple(Object value) {
    if (value instanceof Boolean flag) {
      return List.of(!flag);
    } else if (value instanceof Integer number) {
      return List.of(number + 1);
    } else if (value instanceof Long number) {
      return List.of(number + 1);
    } else if (value instanceof Double number) {
      return List.of(Math.nextUp(number), Math.nextDown(number));
    } else if (value instanceof String) {
      return List.of("block4");
    } else if (value instanceof Enum<?> constant) {
      return Arrays.stream(constant.getDeclaringClass().getEnumConstants())
          .filter(other -> other != constant)
          .map(Object.class::cast)
          .toList();
    }
    throw new AssertionError("no other value is known for " + value.getClass());
  }

  /** Returns a copy of a record with another component; empty if the constructor refuses it. */
  private static Optional<Object> with(Object value, int at, Object other) {
    try {
      RecordComponent[] components = value.getClass().getRecordComponents();
      Object[] values = new Object[components.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = i == at ? other : get(components[i], value);
      }
      Constructor<?> constructor =
          value
              .getClass()
              .getDeclaredConstructor(
                  Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      return Optional.of(constructor.newInstance(values));
    } catch (InvocationTargetException e) {
      return Optional.empty();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static Object get(RecordComponent component, Object value) {
    try {
      return component.getAccessor().invoke(value);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /**
   * Returns whether a type is a sealed interface. Enums whose constants have bodies are sealed too,
   * but are not interfaces.
   */
  private static boolean isSealedInterface(Class<?> type) {
    return type.isSealed() && type.isInterface();
  }

  private static Class<?> raw(Type type) {
    return (Class<?>) (type instanceof ParameterizedType generic ? generic.getRawType() : type);
  }

  private static String dotted(String name, RecordComponent component) {
    return name.isEmpty() ? component.getName() : name + "." + component.getName();
  }

  private static void add(Map<String, List<Object>> changes, String name, Object value) {
    changes.computeIfAbsent(name, any -> new ArrayList<>()).add(value);
  }
}
