import tensorflow as tf


class Net(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.random.normal([4, 3], stddev=0.1)
        self.b = tf.zeros([3])

    def __call__(self, x):
        return x @ self.w + self.b


def train(lab):
    x, y = tf.constant(lab.train_x), tf.constant(lab.train_y)
    model = Net()
    for epoch in range(30):
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=model(x))
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, [model.w, model.b])
        for variable, gradient in zip([model.w, model.b], gradients):
            variable.assign_sub(0.1 * gradient)
        lab.epoch(model)
    return model
