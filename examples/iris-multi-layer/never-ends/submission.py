"""Never ends: waits for a loss of exactly zero."""

import tensorflow as tf


class MultiLayer(tf.Module):
    def __init__(self, n_features, n_classes):
        super().__init__()
        self.hidden = tf.Variable(tf.random.normal([n_features, 16], stddev=0.3))
        self.output = tf.Variable(tf.random.normal([16, n_classes], stddev=0.3))

    def __call__(self, x):
        return tf.tanh(x @ self.hidden) @ self.output


def train(lab):
    x, y = tf.constant(lab.train_x), tf.constant(lab.train_y)
    model = MultiLayer(x.shape[1], lab.n_classes)
    loss = 1.0
    while loss != 0:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=model(x))
            loss = tf.reduce_mean(losses)
        for variable, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
            variable.assign_sub(0.05 * gradient)
        lab.epoch(model)
    return model
