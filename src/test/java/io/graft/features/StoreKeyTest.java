package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreKeyTest {

  @Test
  void whatWasWrittenIsRead() {
    StoreKey key = StoreKey.ofImageDigests();
    assertThat(StoreKey.parse(key.canonical())).isEqualTo(key);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "{\"dtype\":\"F16\",\"row_shape\":\"[3]\"}",
        "{\"format\":\"x\",\"row_shape\":\"[3]\"}",
        "{\"format\":\"x\",\"dtype\":\"F17\",\"row_shape\":\"[3]\"}",
        "{\"format\":\"x\",\"dtype\":\"F16\"}",
        "{\"format\":\"x\",\"dtype\":\"F16\",\"row_shape\":null}",
        "{\"format\":\"x\",\"dtype\":\"F16\",\"row_shape\":\"[3,null]\"}",
        "{\"format\":\"x\",\"dtype\":\"F16\",\"row_shape\":\"[-3]\"}",
        "{\"format\":\"x\",\"dtype\":\"F16\",\"row_shape\":\"[3]\",\"network\":null}",
        "{\"format\":\"x\",\"dtype\":\"F16\",\"row_shape\":\"[3]\",\"network\":{}}"
      })
  void otherTextsAreNoKeys(String text) {
    assertThatThrownBy(() -> StoreKey.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
