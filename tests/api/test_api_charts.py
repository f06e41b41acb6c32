import math
import re

from hypothesis import given
from hypothesis import strategies as st

from api.dashboard.charts.curve import draw_curve
from api.dashboard.charts.fit_scatter import Dot, fit_scatter
from api.dashboard.charts.live_curve import LiveCurve
from graders.generalization_gap import GeneralizationGapParameters, diagnose

share = st.floats(min_value=0, max_value=1)
REGIONS = {"--region-over": "overfitting", "--region-under": "underfitting", "--region-balanced": "balanced"}


def dot(training, validation, fit="balanced", student="Ana"):
    return Dot(student=student, training=training, validation=validation, fit=fit, href="/submissions/1")


def inside(path, x, y):
    """Ray casting, as any textbook has it."""
    corners = [tuple(map(float, pair.split(","))) for pair in re.findall(r"[\d.-]+,[\d.-]+", path)]
    crossings = 0
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            crossings += 1
    return crossings % 2 == 1


@given(
    training=share,
    validation=share,
    target=st.floats(min_value=0.01, max_value=0.3),
    limit=st.floats(min_value=0.005, max_value=0.2),
    highest=st.floats(min_value=0.01, max_value=1),
)
def test_the_regions_drawn_are_those_of_the_graders(training, validation, target, limit, highest):
    parameters = GeneralizationGapParameters(full_at_most=limit, zero_at_least=limit, training_error_target=target)
    layout = fit_scatter([dot(highest, highest)], parameters, "en").figure["layout"]
    x, y, edge = math.sqrt(training), math.sqrt(validation), layout["xaxis"]["range"][1]
    # The line is drawn in short straight pieces: what lies within a hair of it is not asked.
    near = 0.02 * edge
    on_line = math.sqrt(training + limit)
    if max(x, y) >= edge - near or abs(y - on_line) < near or abs(x - math.sqrt(target)) < near:
        return
    expected = diagnose(
        training_error=training, validation_error=validation, training_error_target=target, gap_limit=limit
    ).fit
    areas = [shape for shape in layout["shapes"] if shape.get("fillcolor") in REGIONS]
    assert [REGIONS[area["fillcolor"]] for area in areas if inside(area["path"], x, y)] == [expected]


def test_every_dot_is_drawn_by_its_diagnosis_and_told_in_words():
    parameters = GeneralizationGapParameters(full_at_most=0.018, zero_at_least=0.045, training_error_target=0.06)
    dots = [dot(0, 0.03, "overfitting", "<b>Ana</b>"), dot(0.6, 0.61, "underfitting"), dot(0.03, 0.035)]
    found = fit_scatter(dots, parameters, "en")
    traces = {trace["name"]: trace for trace in found.figure["data"]}
    assert traces["Overfitting"]["x"] == [0]
    assert traces["Overfitting"]["text"][0].startswith("&lt;b&gt;Ana")
    assert traces["Not decided"]["visible"] is False
    assert len({trace["marker"]["symbol"] for trace in traces.values()}) == 4
    assert "1 balanced, 1 overfitting, 1 underfitting" in found.description
    assert "more than 1.8 percentage points above" in found.description
    assert fit_scatter([], parameters, "en") is None
    assert "shapes" not in fit_scatter(dots, None, "en").figure["layout"]


def test_losses_are_drawn_in_nats():
    parameters = GeneralizationGapParameters(full_at_most=0.2, zero_at_least=0.5, measure="loss")
    found = fit_scatter([dot(0.3, 2.5)], parameters, "en")
    assert found.title == "Training loss against validation loss"
    assert found.figure["layout"]["xaxis"]["title"]["text"] == "Training loss, nats"


def test_a_live_curve_is_the_mean_over_the_repeats_that_reached_an_epoch():
    curve = LiveCurve()
    for repeat, epoch, training in ((1, 1, 0.4), (1, 2, 0.2), (2, 1, 0.2), (2, 1, 0.6)):
        curve.add(repeat=repeat, epoch=epoch, training_error=training, validation_error=0.5)
    assert [(p.epoch, p.training_error) for p in curve.points()] == [(1, 0.5), (2, 0.2)]
    assert curve.repeat == 2
    assert draw_curve(curve.points(), "en").best_epoch == 1
    curve.clear()
    assert draw_curve(curve.points(), "en") is None
