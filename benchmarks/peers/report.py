"""The tables of benchmarks/RESULTS.md, and the ratios that the targets are about."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.common import paired_ratio, percentile
from benchmarks.peers.ways import WAYS
from benchmarks.throughput import JAILS, Target

if TYPE_CHECKING:
    from pathlib import Path

# Seconds of each submission, by work and by who graded it.
Times = dict[str, dict[str, list[float]]]

# Programs that ran before anything of ours did.
BUSY_LOAD = 0.75

TARGETS = (
    Target("iris_ratio_cold", "Iris, Labmark over cold python, p50", "", at_most=0.1),
    Target("iris_ratio_nbgrader", "Iris, Labmark over nbgrader autograde, p50", ""),
    Target("iris_ratio_otter", "Iris, Labmark over otter run, p50", "", at_most=1 / 30),
    Target("mnist_ratio_bare", "MNIST, Labmark over bare training in a warm process", "", at_most=1.1),
    Target("throughput_ratio", "Iris, Labmark's runs a second over two cold pythons'", "", at_least=10),
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """`rates`: graded a second, two at a time. `idle_share`: of one core, while the peers were timed.

    `load_before`: of the machine, before anything of ours ran.
    """

    machine: str
    load_before: float
    versions: dict[str, dict[str, str]]
    times: Times
    rates: dict[str, float]
    idle_share: float
    backlog: int


def ratios(measured: Measured) -> dict[str, float]:
    """Of Labmark over the others: below 1 it is the quicker one, except for `throughput_ratio`."""
    iris, mnist, rates = measured.times["iris"], measured.times["mnist"], measured.rates
    own = statistics.median(iris["Labmark"])
    found = {
        "iris_ratio_cold": own / statistics.median(iris["cold python"]),
        "iris_ratio_nbgrader": own / statistics.median(iris["nbgrader autograde"]),
        "iris_ratio_otter": own / statistics.median(iris["otter run"]),
        "mnist_ratio_bare": paired_ratio(mnist["Labmark"], mnist["bare training"]),
        "throughput_ratio": rates["Labmark"] / rates["cold python"],
    }
    return {name: round(value, 4) for name, value in found.items()}


def write(path: Path, measured: Measured) -> None:
    path.write_text("\n".join(_lines(measured)) + "\n")


def _lines(measured: Measured) -> list[str]:
    day = time.strftime("%Y-%m-%d", time.gmtime())
    return [
        "# Labmark beside its peers",
        "",
        f"Written by `make bench-peers` on {day}, in one run on one machine. It takes about ten minutes.",
        "",
        f"**Machine**: {measured.machine}; {measured.load_before:.2f} before the first command.",
        "",
        *_busy(measured.load_before),
        *_targets(measured),
        *_latencies(measured, "iris", "Iris, one layer, PyTorch, 100 steps"),
        *_latencies(measured, "mnist", "MNIST, 784-128-10, PyTorch, 4 epochs of 50,000 images"),
        *_throughputs(measured),
        *_method(measured),
    ]


def _busy(load_before: float) -> list[str]:
    if load_before < BUSY_LOAD:
        return []
    return [
        "**The machine was busy with something else**: these are no figures to rely on. Measure again.",
        "",
    ]


def _targets(measured: Measured) -> list[str]:
    found = ratios(measured)
    lines = ["| ratio | measured | target | met |", "| --- | ---: | --- | --- |"]
    for target in TARGETS:
        value = found[target.figure]
        asked = target.at_least is not None or target.at_most is not None
        words, met = (target.words(), "yes" if target.met(value) else "**no**") if asked else ("", "")
        lines.append(f"| {target.what} | {value:.3f} | {words} | {met} |")
    return [*lines, ""]


def _latencies(measured: Measured, work: str, title: str) -> list[str]:
    times = measured.times[work]
    own = statistics.median(times["Labmark"])
    lines = [
        f"## {title}: seconds from handing in to the stored points",
        "",
        "| way | n | p50 | p95 | p50 over Labmark's |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for who, taken in times.items():
        middle, late = statistics.median(taken), percentile(taken, 95)
        lines.append(f"| {who} | {len(taken)} | {middle:.3f} | {late:.3f} | {middle / own:.1f} |")
    return [*lines, ""]


def _throughputs(measured: Measured) -> list[str]:
    own = measured.rates["Labmark"]
    lines = [
        f"## Iris, many submissions, {JAILS} at a time",
        "",
        "| way | graded a second | Labmark's over it |",
        "| --- | ---: | ---: |",
    ]
    lines += [f"| {who} | {rate:.2f} | {own / rate:.1f} |" for who, rate in measured.rates.items()]
    return [*lines, ""]


def _method(measured: Measured) -> list[str]:
    whats = "\n".join(f"- **{way.name}**: {way.what}." for way in WAYS)
    versions = "\n".join(
        f"- {peer}: " + ", ".join(f"{name} {number}" for name, number in found.items()) + "."
        for peer, found in measured.versions.items()
    )
    return [
        "## How it was measured",
        "",
        f"""\
All grade the same file, the lab's reference solution, with one thread, on as many rows of the same data set.

- **Labmark**: the embedded service (`labmark-server up`) with two workers, idle; from before the POST to the
  first answer that says `graded`. One repeat: training in the jail, accuracy on validation and test rows, the
  learning curve, probes of the architecture, report and evidence in the database.
{whats}
- **bare training** (MNIST): `train(lab)` alone, in a fork of a process that has PyTorch loaded; nothing else.

The peers read the rows from arrays on the disk, the quickest way; their one test asks for the accuracy on
the test rows. They have no jail: student code runs with the rights of the grader, and can read those rows.

Each round everybody takes a turn, Labmark several, and the bare training right before Labmark's MNIST:
`mnist_ratio_bare` is the median over such pairs. The first turn of each is not counted. p95 is a value that
was seen (nearest rank): with few values, the slowest. While its peers were timed, the idle service took
{measured.idle_share:.1%} of one core.

Many at a time: Labmark works off {measured.backlog} submissions that wait for two jails, one half before and
one half after the peers. Two cold pythons run side by side, again and again; so do two `nbgrader autograde`,
each of all students of a course; and two processes that call `otter.api.grade_submission`, as documented,
for several submissions each. These start once for all of them, quicker than one command for each.

Environments of the peers, from their packages; PyTorch and NumPy in them are links to the project's own:

{versions}""",
    ]
