package io.graft.features;

import static java.util.stream.Collectors.joining;

import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.reflect.TypeToken;
import io.graft.backbone.FrozenLayers;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.runtime.DecimalText;
import io.graft.runtime.Sha256;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The values that a stored row depends on besides the image. Rows of different keys cannot be
 * confused, because each key has its own folder and every file in it repeats the key.
 *
 * @param fields the values by name, in a fixed order
 * @param type the element type of the rows
 * @param rowShape the shape of one row
 */
record StoreKey(Map<String, String> fields, TensorType type, List<Long> rowShape) {

  static final String FORMAT = "format";
  static final String NETWORK = "network";
  static final String BOUNDARY = "boundary";
  static final String WEIGHTS = "weights_sha256";
  static final String PRECISION = "precision";

  private static final String ROWS_FORMAT = "graft feature rows 1";
  private static final String DIGESTS_FORMAT = "graft image digests 2";
  private static final String DTYPE = "dtype";
  private static final String ROW_SHAPE = "row_shape";

  /** Copies the fields. */
  StoreKey {
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    rowShape = List.copyOf(rowShape);
  }

  /** Returns the key of the features that frozen layers compute. */
  static StoreKey of(FrozenLayers frozen, TensorType type) {
    Network network = frozen.network();
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put(FORMAT, ROWS_FORMAT);
    fields.put(NETWORK, network.name());
    // This digest also has the layers without weights, which are not part of the weights' digest.
    fields.put("layers_sha256", new Sha256().add(text(network.layers())).hex());
    fields.put(BOUNDARY, network.layers().get(network.layers().size() - 1).name());
    fields.put(WEIGHTS, frozen.weightDigest());
    fields.put("input", frozen.input().canonical());
    fields.put(PRECISION, frozen.arithmetic());
    return typed(fields, type, network.outputShape());
  }

  /**
   * Returns the key of the digests of image files under their {@link FileStamp}. A row is a digest
   * and the format of the file.
   */
  static StoreKey ofImageDigests() {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put(FORMAT, DIGESTS_FORMAT);
    return typed(fields, TensorType.U8, new Shape(DigestIndex.DIGEST_BYTES + 1));
  }

  private static StoreKey typed(Map<String, String> fields, TensorType type, Shape shape) {
    fields.put(DTYPE, type.name());
    List<Long> sizes = Arrays.stream(shape.getShape()).boxed().toList();
    fields.put(ROW_SHAPE, sizes.stream().map(String::valueOf).collect(joining(", ", "[", "]")));
    return new StoreKey(fields, type, sizes);
  }

  /** Parses a {@link #canonical} text. Throws IllegalArgumentException for any other text. */
  static StoreKey parse(String text) {
    try {
      Map<String, String> fields =
          new Gson().fromJson(text, new TypeToken<LinkedHashMap<String, String>>() {}.getType());
      if (fields == null || !fields.containsKey(FORMAT) || fields.containsValue(null)) {
        throw new IllegalArgumentException("it has no " + FORMAT + " or a null");
      }
      TensorType type = TensorType.valueOf(fields.getOrDefault(DTYPE, "no type"));
      Long[] shape = new Gson().fromJson(fields.get(ROW_SHAPE), Long[].class);
      if (shape == null || Arrays.stream(shape).anyMatch(size -> size == null || size < 1)) {
        throw new IllegalArgumentException("it has no " + ROW_SHAPE + " of positive numbers");
      }
      return new StoreKey(fields, type, List.of(shape));
    } catch (JsonParseException e) {
      throw new IllegalArgumentException("it is not an object of texts", e);
    }
  }

  /** Returns the key as text: a JSON object of the fields. Equal keys have equal texts. */
  String canonical() {
    return new Gson().toJson(fields);
  }

  /** Returns the name of the key's folder: the SHA-256 of {@link #canonical} in hexadecimal. */
  String id() {
    return new Sha256().add(canonical()).hex();
  }

  /** Returns the size of one row in bytes. */
  int rowBytes() {
    return Math.toIntExact(new TensorInfo("row", type, rowShape).byteCount());
  }

  /**
   * Returns one line with every layer's name, path and arguments, in order. If the format of this
   * text changes, stored rows are no longer found.
   */
  static String text(List<NamedLayer> layers) {
    return layers.stream()
        .map(
            named ->
                "NamedLayer[name=%s, path=%s, layer=%s]"
                    .formatted(named.name(), named.path(), text(named.layer())))
        .collect(joining(", ", "[", "]"));
  }

  private static String text(Layer layer) {
    if (layer instanceof Layer.Conv2d conv) {
      return "Conv2d[inChannels=%s, outChannels=%s, kernelSize=%s, stride=%s, padding=%s]"
          .formatted(
              conv.inChannels(),
              conv.outChannels(),
              conv.kernelSize(),
              conv.stride(),
              conv.padding());
    } else if (layer instanceof Layer.BatchNorm2d norm) {
      return "BatchNorm2d[channels=%s, epsilon=%s, momentum=%s]"
          .formatted(
              norm.channels(), DecimalText.of(norm.epsilon()), DecimalText.of(norm.momentum()));
    } else if (layer instanceof Layer.Relu) {
      return "Relu[]";
    } else if (layer instanceof Layer.Tanh) {
      return "Tanh[]";
    } else if (layer instanceof Layer.Sigmoid) {
      return "Sigmoid[]";
    } else if (layer instanceof Layer.MaxPool2d pool) {
      return "MaxPool2d[kernelSize=%s, stride=%s]".formatted(pool.kernelSize(), pool.stride());
    } else if (layer instanceof Layer.AdaptiveAvgPool2d pool) {
      return "AdaptiveAvgPool2d[outputSize=%s]".formatted(pool.outputSize());
    } else if (layer instanceof Layer.Flatten) {
      return "Flatten[]";
    } else if (layer instanceof Layer.Linear linear) {
      return "Linear[inFeatures=%s, outFeatures=%s]"
          .formatted(linear.inFeatures(), linear.outFeatures());
    } else if (layer instanceof Layer.Dropout dropout) {
      return "Dropout[probability=%s]".formatted(DecimalText.of(dropout.probability()));
    }
    throw new IllegalArgumentException("No text for the layer " + layer);
  }
}
