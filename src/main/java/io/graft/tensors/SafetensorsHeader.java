package io.graft.tensors;

import java.util.Collections;
import java.util.Map;

/**
 * The header of a safetensors file: which tensors it holds and where their bytes are.
 *
 * <p>A file is an unsigned 64-bit little-endian header length, that many bytes of UTF-8 JSON (space
 * padded), then the bytes of the tensors without gaps.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">The safetensors format</a>
 */
public final class SafetensorsHeader {

  /** The longest header that is read, in bytes. */
  static final int MAX_HEADER_BYTES = 16 << 20;

  /** The most tensors that are read from one file. */
  public static final int MAX_TENSORS = 10_000;

  static final String METADATA = "__metadata__";

  private final Map<String, String> metadata;
  private final Map<String, TensorInfo> tensors;
  private final Map<String, Long> offsets;

  SafetensorsHeader(
      Map<String, String> metadata, Map<String, TensorInfo> tensors, Map<String, Long> offsets) {
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = Collections.unmodifiableMap(tensors);
    this.offsets = offsets;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  /** Returns the tensors in the order of their bytes in the file. */
  Map<String, TensorInfo> tensors() {
    return tensors;
  }

  /** Returns the offset of a tensor in bytes after the header. */
  long offset(String name) {
    return offsets.get(name);
  }
}
