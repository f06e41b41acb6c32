"""A tf.data pipeline: cached, shuffled, mapped in parallel, interleaved, prefetched; trained with GradientTape."""

import tensorflow as tf


class Net(tf.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.a = tf.Variable(tf.random.normal([4, 16], stddev=0.5))
        self.b = tf.Variable(tf.zeros([16]))
        self.c = tf.Variable(tf.random.normal([16, n_classes], stddev=0.3))
        self.d = tf.Variable(tf.zeros([n_classes]))

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
    def __call__(self, x):
        return tf.nn.relu(x @ self.a + self.b) @ self.c + self.d


def train(lab):
    rows = tf.data.Dataset.from_tensor_slices((lab.train_x, lab.train_y))
    rows = rows.cache().shuffle(200, seed=lab.seed % 2**31, reshuffle_each_iteration=True)
    rows = rows.map(lambda x, y: (x - [5.8, 3.0, 3.7, 1.2], y), num_parallel_calls=tf.data.AUTOTUNE)
    parts = tf.data.Dataset.range(2).interleave(
        lambda part: rows.shard(2, part), cycle_length=2, num_parallel_calls=2, deterministic=False
    )
    batches = parts.batch(18, num_parallel_calls=2).prefetch(tf.data.AUTOTUNE)
    model, optimizer = Net(lab.n_classes), tf.keras.optimizers.Adam(0.02)

    @tf.function
    def epoch():
        total = tf.constant(0.0)
        for x, y in batches:
            with tf.GradientTape() as tape:
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=model(x))
                loss = tf.reduce_mean(losses)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
            total += loss
        return total

    for number in range(25):
        total = epoch()
        if number % 5 == 4:
            tf.print("epoch", number, "loss", total)
            lab.epoch(model)
    tf.saved_model.save(model, "saved")
    return tf.saved_model.load("saved")


def predict(model, x):
    return model(tf.constant(x) - [5.8, 3.0, 3.7, 1.2])
