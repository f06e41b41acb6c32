# %% submission
import tensorflow as tf


class SingleLayer(tf.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.weights = tf.Variable(tf.zeros([28 * 28, n_classes]))
        self.bias = tf.Variable(tf.zeros([n_classes]))

    def __call__(self, x):
        return tf.matmul(tf.reshape(x, [-1, 28 * 28]), self.weights) + self.bias

# %% submission
# ⟦learning_rate⟧
LEARNING_RATE = 0.01
BATCH = 64
# ⟦epochs⟧
EPOCHS = 1


@tf.function
def train_one_epoch(model, x, y):
    order = tf.random.shuffle(tf.range(len(x)))
    for start in tf.range(0, len(x), BATCH):
        rows = order[start : start + BATCH]
        with tf.GradientTape() as tape:
            scores = model(tf.gather(x, rows))
            labels = tf.gather(y, rows)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        for variable, gradient in zip(model.trainable_variables, gradients):
            variable.assign_sub(LEARNING_RATE * gradient)

# %% submission
def train(lab):
    x, y = tf.constant(lab.train_x), tf.constant(lab.train_y)
    model = SingleLayer(lab.n_classes)
    for epoch in range(EPOCHS):
        train_one_epoch(model, x, y)
        # ⟦record⟧
        lab.epoch(model)
    return model
