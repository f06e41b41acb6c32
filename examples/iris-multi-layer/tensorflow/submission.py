"""Iris with one hidden layer, in low-level TensorFlow: variables and GradientTape."""

import tensorflow as tf


class Dense(tf.Module):
    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        self.weights = tf.Variable(tf.random.normal([n_inputs, n_outputs], stddev=n_inputs**-0.5))
        self.bias = tf.Variable(tf.zeros([n_outputs]))

    def __call__(self, x):
        return x @ self.weights + self.bias


class MultiLayer(tf.Module):
    def __init__(self, x, n_classes):
        super().__init__()
        self.mean = tf.constant(x.mean(axis=0))
        self.std = tf.constant(x.std(axis=0))
        self.hidden = Dense(x.shape[1], 16)
        self.output = Dense(16, n_classes)

    def __call__(self, x):
        return self.output(tf.tanh(self.hidden((x - self.mean) / self.std)))


def train(lab):
    x, y = tf.constant(lab.train_x), tf.constant(lab.train_y)
    model = MultiLayer(lab.train_x, lab.n_classes)
    learning_rate = 0.3
    weight_decay = 0.001  # keeps the weights small: 90 rows are soon memorised

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=model(x))
            size = sum(tf.reduce_sum(variable**2) for variable in model.trainable_variables)
            loss = tf.reduce_mean(losses) + weight_decay * size
        gradients = tape.gradient(loss, model.trainable_variables)
        for variable, gradient in zip(model.trainable_variables, gradients):
            variable.assign_sub(learning_rate * gradient)

    for number in range(200):
        step()
        if number % 10 == 9:
            lab.epoch(model)
    return model
