# An error whose name, text, line and parts are lies, each of them of a type that nobody expects.
class Text(str):
    def __getitem__(self, _):
        return Text("x" * 1000)

    def __len__(self):
        return -1


class Meta(type):
    __name__ = property(lambda self: Text("A" * 10_000_000))


class Lying(Exception, metaclass=Meta):
    __traceback__ = property(lambda self: None)
    code = "graded"
    parameters = {"line": float("nan")}
    line = property(lambda self: 1 / 0)
    filename = "/scratch/submission.py"

    def __str__(self):
        return Text("B" * 1000)


def train(lab):
    raise Lying
