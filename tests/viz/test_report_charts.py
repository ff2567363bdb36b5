"""Charts: axes place values where they belong, bins and quantiles by hand."""

import numpy as np
import pytest

from keypointnet_tf.viz import report_dependence, report_errors, report_svg
from keypointnet_tf.viz.report_svg import Axis, Plot


def test_linear_and_logarithmic_axes():
    linear = Axis(10, 20, ())
    assert linear.share([10, 15, 20, 99, -5]).tolist() == [0, 0.5, 1, 1, 0]
    log = Axis(1, 100, (), log=True)
    np.testing.assert_allclose(log.share([1, 10, 100, 0.1, 1000]), [0, 0.5, 1, 0, 1])


def test_up_is_up_and_right_is_right():
    plot = Plot(Axis(0, 1, (0, 1)), Axis(0, 1, (0, 1)))
    assert plot.across(0) == report_svg.LEFT and plot.across(1) == plot.x_end
    assert plot.up(0) == plot.y_end and plot.up(1) == report_svg.TOP < plot.y_end


def test_line_breaks_where_a_value_is_missing():
    plot = Plot(Axis(0, 4, ()), Axis(0, 1, ()))
    path = report_svg.line(plot, np.arange(5.0), np.array([0, 1, np.nan, 1, 0]), "a").get("d")
    assert path.count("M") == 2 and path.count("L") == 2
    assert report_svg.line(plot, np.arange(2.0), np.full(2, np.nan), "a").get("d") == ""


def test_bars_stand_on_the_base_line():
    plot = Plot(Axis(0, 2, ()), Axis(0, 1, ()))
    low, high = report_svg.bars(plot, np.array([0, 1, 2]), np.array([0.25, 1]), "a", ["x", "y"])
    for bar, share in ((low, 0.25), (high, 1.0)):
        y, height = float(bar.get("y")), float(bar.get("height"))
        assert y + height == pytest.approx(plot.y_end, abs=0.02)
        assert height == pytest.approx(share * (plot.y_end - report_svg.TOP), abs=0.02)
    assert float(low.get("x")) + float(low.get("width")) < float(high.get("x"))
    assert [bar.find("title").text for bar in (low, high)] == ["x", "y"]


def test_round_ticks():
    assert report_svg.ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert report_svg.ticks(-3, 12, 4) == [0, 5, 10]
    assert report_svg.ticks(0, 6000, 4) == [0, 2000, 4000, 6000]
    assert report_svg.log_ticks(0.5, 50) == [0.5, 1, 2, 5, 10, 20, 50]
    assert report_svg.log_ticks(1e-4, 1e4) == [10.0**p for p in range(-4, 5)]


def test_bins_by_hand():
    values = np.array([0.0, 1, 1, 1, 1, 1, 2, 2, 5, -1])
    errors = np.array([9.0, 1, 2, 3, 4, 5, 7, 8, 100, 100])
    found = report_dependence.binned(values, errors, np.array([0, 1, 2]))
    assert found.counts.tolist() == [1, 7] and found.centres.tolist() == [0.5, 1.5]
    assert np.isnan(found.quantiles[:, 0]).all(), "one value has no spread"
    assert found.quantiles[1, 1] == 4 and found.quantiles[0, 1] == 2.5
    assert found.quantiles[2, 1] == 6


def test_distribution_counts_every_pair():
    """Errors below and above the axis stand in the first and last bar."""
    errors = np.array([0.0, 0.1, 3.0, 180.0])
    titles = [
        title.text
        for title in report_errors.distribution(errors).iter("title")
        if "pairs" in title.text
    ]
    counts = [int(text.split(": ")[1].split()[0]) for text in titles]
    assert sum(counts) == 4 and counts[0] == 2 and counts[-1] == 1


def test_distribution_tells_the_shares():
    caption = report_errors.distribution(np.array([1.0, 7, 12, 20])).find("figcaption")
    text = "".join(caption.itertext())
    for share in ("25.0\u00a0% below 5°", "50.0\u00a0% below 10°", "100.0\u00a0% below 30°"):
        assert share in text


def test_dependence_stands_sparse_and_constant_data():
    for errors in (np.zeros(3), np.full(40, 180.0), np.full(40, 1e-5)):
        values = np.linspace(0, 10, len(errors))
        made = report_dependence.dependence(
            "x", values, errors, np.arange(0, 11, 5), x_ticks=(0, 10)
        )
        assert "nan" not in "".join(f"{e.attrib}" for e in made.iter())


def test_kinds_from_the_least_median_error_on(report_data):
    data = report_data()
    data.per_example["angular_error_deg"][:] = np.where(data.pairs.kind == "red", 40.0, 3.0)
    rows = list(report_dependence.on_kinds(data).iter("tr"))[1:]
    texts = [[cell.text for cell in row] for row in rows]
    assert texts[0] == ["blue", "2", "10", "3.00°", "3.00°", "3.00°", "0.0\u00a0%"]
    assert texts[1][0] == "red" and texts[1][-1] == "100.0\u00a0%"


def test_one_kind_needs_no_table(report_data, predictions_of):
    data = report_data(predictions_of(kind=np.full(20, "red")))
    assert report_dependence.on_kinds(data) is None


def test_views_have_three_charts(report_data):
    labels = [f.find("svg").get("aria-label") for f in report_dependence.on_views(report_data())]
    assert [label.split()[3] for label in labels] == ["angle", "azimuth", "elevation"]
