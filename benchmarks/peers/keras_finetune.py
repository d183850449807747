"""Measures Keras's fit, with the backend that KERAS_BACKEND names, on the rows that Graft trains on. Arguments as for torch_finetune.py, in fp32 or bf16."""

import json
import os
import statistics
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402

from finetune_rows import BATCH_SIZE, CLASSES, read  # noqa: E402


def layers(kind, shape):
    model = keras.Sequential([keras.Input(shape)])
    if kind == "block5":
        for _ in range(3):
            model.add(keras.layers.Conv2D(512, 3, padding="same", activation="relu"))
        model.add(keras.layers.MaxPooling2D(2))
        model.add(keras.layers.Flatten())
    else:
        for convolutions, channels in ((2, 16), (2, 32), (3, 64), (3, 128), (3, 128)):
            for _ in range(convolutions):
                model.add(keras.layers.Conv2D(channels, 3, padding="same"))
                model.add(keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
                model.add(keras.layers.ReLU())
            model.add(keras.layers.MaxPooling2D(2))
        model.add(keras.layers.GlobalAveragePooling2D())
    model.add(keras.layers.Dense(CLASSES, dtype="float32"))
    return model


class Times(keras.callbacks.Callback):
    def __init__(self, rows):
        super().__init__()
        self.rows, self.rates, self.milliseconds = rows, [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.start, self.used = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        self.rates.append(self.rows / (time.perf_counter() - self.start))
        self.milliseconds.append((time.process_time() - self.used) * 1000 / self.rows)


def main():
    kind, path, epochs, _, precision = sys.argv[1:6]
    if precision == "bf16":
        keras.config.set_dtype_policy("mixed_bfloat16")
    rows, labels = read(path)
    rows = rows.transpose(0, 2, 3, 1).astype("float32")
    keras.utils.set_random_seed(1)
    model = layers(kind, rows.shape[1:])
    model.compile(
        optimizer=keras.optimizers.Adam(0.0001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    times = Times(len(rows))
    model.fit(rows, labels, batch_size=BATCH_SIZE, epochs=int(epochs), verbose=0, callbacks=[times])
    print(
        json.dumps(
            {
                "rows_per_second": statistics.median(times.rates[1:]),
                "processor_milliseconds_per_row": statistics.median(times.milliseconds[1:]),
            }
        )
    )


if __name__ == "__main__":
    main()
