# %% submission
import tensorflow as tf


class Network(tf.Module):
    def __init__(self, n_features, n_classes):
        super().__init__()
        # ⟦hidden_layer_tensorflow⟧
        self.weights = tf.Variable(tf.random.normal([n_features, n_classes], stddev=0.1))
        self.bias = tf.Variable(tf.zeros([n_classes]))

    def __call__(self, x):
        # ⟦scale_inputs⟧
        return tf.matmul(x, self.weights) + self.bias

# %% submission
def train(lab):
    x, y = tf.constant(lab.train_x), tf.constant(lab.train_y)
    model = Network(x.shape[1], lab.n_classes)
    # ⟦learning_rate⟧
    learning_rate = 0.01
    # ⟦epochs⟧
    for epoch in range(60):
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=model(x))
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        for variable, gradient in zip(model.trainable_variables, gradients):
            variable.assign_sub(learning_rate * gradient)
        # ⟦record⟧
        lab.epoch(model)
    return model
