"""The reference recipe in Keras: VGG16 frozen, Flatten, Dense with softmax, Adam, batch 32.

Arguments: a folder of training images, one of validation images, and the number of epochs. Prints one JSON object: the
seconds before the first epoch, from the start of the process, and the seconds of each epoch. The weights are random, because
speed does not depend on them.
"""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main():
    import keras
    import psutil

    started = psutil.Process().create_time()
    train, validation, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])

    def read(folder, shuffle):
        data = keras.utils.image_dataset_from_directory(
            folder, label_mode="categorical", image_size=(224, 224), batch_size=32, shuffle=shuffle, verbose=False
        )
        return data.map(lambda x, y: (keras.applications.vgg16.preprocess_input(x), y)).prefetch(2), len(data.class_names)

    training, classes = read(train, True)
    validating, _ = read(validation, False)
    base = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    base.trainable = False
    inputs = keras.Input((224, 224, 3))
    hidden = keras.layers.Flatten()(base(inputs, training=False))
    model = keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(hidden))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    ends = [time.time()]

    class Clock(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            ends.append(time.time())

    model.fit(training, validation_data=validating, epochs=epochs, verbose=0, callbacks=[Clock()])
    seconds = [after - before for before, after in zip(ends, ends[1:])]
    print(json.dumps({"seconds_before": ends[0] - started, "seconds_per_epoch": seconds}))


if __name__ == "__main__":
    main()
