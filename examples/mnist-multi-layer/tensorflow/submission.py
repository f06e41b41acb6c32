"""MNIST with one hidden layer and dropout, in low-level TensorFlow: variables and GradientTape."""

import tensorflow as tf

LEARNING_RATE = 0.2
BATCH = 128
EPOCHS = 5


class Dense(tf.Module):
    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        self.weights = tf.Variable(tf.random.normal([n_inputs, n_outputs], stddev=(2 / n_inputs) ** 0.5))
        self.bias = tf.Variable(tf.zeros([n_outputs]))

    def __call__(self, x):
        return x @ self.weights + self.bias


class MultiLayer(tf.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.hidden = Dense(28 * 28, 128)
        self.output = Dense(128, n_classes)

    def __call__(self, x, training=False):
        hidden = tf.nn.relu(self.hidden(tf.reshape(x, [-1, 28 * 28])))
        if training:
            hidden = tf.nn.dropout(hidden, rate=0.4)
        return self.output(hidden)


@tf.function
def train_one_epoch(model, x, y):
    order = tf.random.shuffle(tf.range(len(x)))
    for start in tf.range(0, len(x), BATCH):
        rows = order[start : start + BATCH]
        with tf.GradientTape() as tape:
            scores = model(tf.gather(x, rows), training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.gather(y, rows), logits=scores)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        for variable, gradient in zip(model.trainable_variables, gradients):
            variable.assign_sub(LEARNING_RATE * gradient)


def train(lab):
    x, y = tf.constant(lab.train_x), tf.constant(lab.train_y)
    model = MultiLayer(lab.n_classes)
    for epoch in range(EPOCHS):
        train_one_epoch(model, x, y)
        lab.epoch(model)
    return model
