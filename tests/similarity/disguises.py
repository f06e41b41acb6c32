"""What a copier does to a file, with Python's own tree; and starter code with two solutions of one's own."""

from __future__ import annotations

import ast
import random

# The names that the contract and the frameworks ask for cannot be changed.
GIVEN = {
    "train",
    "predict",
    "forward",
    "training_step",
    "configure_optimizers",
    "self",
    "__init__",
    "__call__",
}


def renamed(source, seed=0):
    """Every name that the file binds gets another; layout and comments are lost on the way."""
    tree = ast.parse(source)
    variables, attributes = _bound(tree)
    rng = random.Random(seed)
    fresh = {
        name: f"{rng.choice('abcdef')}_{rng.randrange(10**6)}" for name in sorted(variables | attributes)
    }
    return ast.unparse(_Renamer(fresh, attributes).visit(tree)) + "\n"


def _bound(tree):
    variables, attributes = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            variables.add(node.id)
        elif isinstance(node, ast.arg):
            variables.add(node.arg)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            attributes.add(node.attr)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            variables.add(node.name)
    return variables - GIVEN, attributes - GIVEN


class _Renamer(ast.NodeTransformer):
    def __init__(self, fresh, attributes):
        self.fresh, self.attributes = fresh, attributes

    def visit_Name(self, node):
        node.id = self.fresh.get(node.id, node.id)
        return node

    def visit_arg(self, node):
        node.arg = self.fresh.get(node.arg, node.arg)
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if node.attr in self.attributes:
            node.attr = self.fresh[node.attr]
        return node

    def visit_FunctionDef(self, node):
        node.name = self.fresh.get(node.name, node.name)
        self.generic_visit(node)
        return node

    visit_ClassDef = visit_FunctionDef  # noqa: N815 - ast.NodeVisitor's names


def reordered(source):
    """Functions, classes and methods back to front."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            definitions = [part for part in node.body if isinstance(part, ast.FunctionDef | ast.ClassDef)]
            turned = iter(reversed(definitions))
            node.body = [next(turned) if part in definitions else part for part in node.body]
    return ast.unparse(tree) + "\n"


def reformatted(source):
    """One line becomes many: each comma outside of quotes ends it where a bracket is open."""
    lines = []
    for line in ast.unparse(ast.parse(source)).replace("'", '"').split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        depth, out = 0, ""
        for character in line:
            depth += (character in "([{") - (character in ")]}")
            out += character
            if character in "([{" or (character == "," and depth):
                out += "\n" + indent + " " * 12
        lines += ["", "", out] if line.startswith(("def", "class")) else [out]
    return "\n".join(lines) + "\n"


def commented(source):
    """A remark above every statement, and a docstring in every function."""
    lines = []
    for number, line in enumerate(ast.unparse(ast.parse(source)).split("\n")):
        indent = line[: len(line) - len(line.lstrip())]
        lines += [f"{indent}# step {number}: here is done what must be done", line + "  # so"]
        if line.lstrip().startswith("def ") and line.endswith(":"):
            lines.append(f'{indent}    """Does what its name says."""')
    return "\n".join(lines) + "\n"


STARTER = '''"""Lab 3. Fill in the model and how it is trained; leave the rest as it is."""

import torch
from torch import nn


class Scaler(nn.Module):
    """Given: brings every feature to mean 0 and deviation 1."""

    def __init__(self, x):
        super().__init__()
        self.register_buffer("mean", x.mean(dim=0))
        self.register_buffer("std", x.std(dim=0))

    def forward(self, x):
        return (x - self.mean) / self.std


def batches(x, y, size):
    """Given: the rows in a new order, in batches."""
    order = torch.randperm(len(x))
    for start in range(0, len(x), size):
        rows = order[start : start + size]
        yield x[rows], y[rows]


def accuracy(model, x, y):
    """Given: the share of rows whose class was found."""
    model.eval()
    with torch.no_grad():
        found = model(x).argmax(dim=1)
    model.train()
    return (found == y).float().mean().item()


class Model(nn.Module):
    """Yours."""

    # TODO


def train(lab):
    x = torch.from_numpy(lab.train_x).to(lab.device)
    y = torch.from_numpy(lab.train_y).to(lab.device)
    model = Model(x, lab.n_classes).to(lab.device)
    # TODO
    return model
'''

_TODO_MODEL = '    """Yours."""\n\n    # TODO\n'
_TODO_TRAINING = "    # TODO\n    return"


def filled_in(model, training):
    assert STARTER.count(_TODO_MODEL) == STARTER.count(_TODO_TRAINING) == 1
    return STARTER.replace(_TODO_MODEL, model).replace(_TODO_TRAINING, f"{training}    return")


ANA = filled_in(
    """\
    def __init__(self, x, n_classes, width=24):
        super().__init__()
        self.scale = Scaler(x)
        self.hidden = nn.Linear(x.shape[1], width)
        self.output = nn.Linear(width, n_classes)
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        hidden = torch.tanh(self.hidden(self.scale(x)))
        return self.output(self.dropout(hidden))
""",
    """\
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(60):
        for some_x, some_y in batches(x, y, 16):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(some_x), some_y)
            loss.backward()
            optimizer.step()
        if epoch % 10 == 9:
            print(epoch, accuracy(model, x, y))
        lab.epoch(model)
""",
)

DAN = filled_in(
    """\
    def __init__(self, x, n_classes):
        super().__init__()
        sizes = [x.shape[1], 32, 16]
        layers = [Scaler(x)]
        for inputs, outputs in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU()]
        self.net = nn.Sequential(*layers, nn.Linear(sizes[-1], n_classes))

    def forward(self, x):
        return self.net(x)
""",
    """\
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)
    best, best_loss = None, float("inf")
    while schedule.last_epoch < 40:
        total = sum(step(model, criterion, optimizer, part) for part in batches(x, y, 32))
        schedule.step()
        lab.epoch(model)
        if total < best_loss:
            best_loss = total
            best = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(best)
""",
).replace(
    "def train(lab):",
    """\
def step(model, criterion, optimizer, part):
    loss = criterion(model(part[0]), part[1])
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return float(loss)


def train(lab):""",
)
