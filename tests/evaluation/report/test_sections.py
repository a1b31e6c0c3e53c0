"""What each section of the page says."""

from __future__ import annotations

import dataclasses
import math
import re

from moue.evaluation.metrics import Proportion
from moue.evaluation.report.formatting import decimal, percent
from moue.evaluation.report.page import render
from moue.evaluation.slices import Slice


def section(data, key):
    """The HTML of one section of the page."""
    return re.search(rf'<section id="{key}">.*?</section>', render(data), re.DOTALL)[0]


def header(data):
    """The HTML of the top of the page, its space collapsed."""
    return " ".join(re.search("<header>.*?</header>", render(data), re.DOTALL)[0].split())


def headline(data):
    """The headline of the page."""
    return re.search("<h1>(.*?)</h1>", header(data))[1]


def test_only_a_test_set_is_called_never_seen(make):
    assert headline(make(unseen=True)).endswith("mouths that the model was not trained on.")
    assert headline(make()).endswith("of your test mouths.")
    data = make(split_name="val")
    assert headline(data).endswith("of the validation set.")
    assert "This accuracy is overestimated." in header(data)


def test_few_mouths_give_a_warning(make):
    many = {"none": 60, "pout": 60, "smile": 60, "open": 60}
    assert "caution" not in header(make(support=many))
    few = header(make(support={"none": 20, "pout": 3, "smile": 20, "open": 20}))
    assert "Only 63 mouths." in few
    assert "pout</span> 3" in few
    assert "smile</span> 20" not in few


def test_untested_labels_are_named_and_left_out_of_the_macro_f1(make):
    page = header(make(support={"none": 90, "smile": 80, "open": 70}))
    assert "No test picture is labelled pout: the test accuracy does not cover pout." in page
    assert "mean over 3 of 4 labels" in page
    one = header(make(support={"smile": 120}))
    assert "All test pictures are labelled smile" in one
    whole = header(make())
    assert "Not every label" not in whole
    assert "of 4 labels" not in whole


def test_a_label_without_mouths_is_a_dash(make):
    page = section(make(support={"none": 30, "smile": 16, "open": 9}), "labels")
    row = page.split("pout</span>")[1].split("</tr>")[0]
    assert row.startswith("</th><td>–</td>")


def test_the_most_frequent_confusions_come_first(make):
    data = make()
    matrix = ((9, 1, 0, 0), (0, 8, 2, 0), (0, 5, 5, 0), (0, 0, 0, 0))
    page = section(
        dataclasses.replace(
            data, evaluation=dataclasses.replace(data.evaluation, confusion=matrix)
        ),
        "confusion",
    )
    said = page.split("Most often confused")[1]
    assert said.index("5 of 10") < said.index("2 of 10") < said.index("1 of 10")
    assert page.count("<small>–</small>") == 4


def test_an_attribute_with_many_values_shows_the_largest_slices(make):
    data = make()
    people = {
        f"person-{i:03d}": Slice(
            accuracy=Proportion(right=1, count=2 if i < 5 else 1), macro_f1=1.0, none_predicted={}
        )
        for i in range(90)
    }
    page = section(
        dataclasses.replace(
            data, evaluation=dataclasses.replace(data.evaluation, slices={"person": people})
        ),
        "slices",
    )
    assert page.count("person-") == 12
    assert "and 78 more values with 78 mouths" in page


def test_the_kept_epoch_is_marked_in_both_charts(make):
    data = make(best=33)
    page = section(data, "training")
    assert page.count("epoch 33 kept") == 2
    assert percent(data.epochs[32].val_accuracy) in page


def test_a_single_epoch_is_a_dot(make, train_log):
    page = section(make(epochs=train_log(1), best=1), "training")
    assert "<path" not in page
    assert page.count("<circle") == 6


def test_values_that_are_not_finite_are_left_out(make, train_log):
    epochs = train_log(6)
    epochs[3] = dataclasses.replace(epochs[3], train_loss=math.nan, val_loss=math.inf)
    assert "nan" not in section(make(epochs=epochs, best=4), "training")
    all_lost = [dataclasses.replace(e, train_loss=math.nan, val_loss=math.nan) for e in epochs]
    assert "nan" not in section(make(epochs=all_lost, best=4), "training")


def test_a_huge_loss_is_cut_off_with_a_note(make, train_log):
    epochs = train_log(40)
    epochs[0] = dataclasses.replace(epochs[0], train_loss=812.0)
    assert "the highest is 812." in section(make(epochs=epochs), "training")
    assert "cut off" not in section(make(epochs=train_log(40)), "training")


def test_the_reliability_diagram_counts_predictions_in_each_bin(make):
    data = make()
    page = section(data, "calibration")
    for one in data.evaluation.calibration:
        if one.count:
            assert f">{one.count}</text>" in page
    assert decimal(data.evaluation.calibration_error_before) in page


def test_a_mistake_without_a_picture_is_not_shown(make):
    data = make()
    first = data.evaluation.mistakes[0].name
    page = section(dataclasses.replace(data, crops={first: data.crops[first]}), "mistakes")
    assert page.count("<figure>") == 1
    assert first in page


def test_a_picture_of_a_mistake_opens_its_file(make):
    first = make().evaluation.mistakes[0].name
    page = section(make(crop_files={first: "../mouths/a%20b.png"}), "mistakes")
    assert page.count('<a href="../mouths/a%20b.png"><img ') == 1


def test_a_set_without_mistakes_has_a_sentence(make):
    data = make()
    share = dataclasses.replace(data.evaluation.accuracy, right=data.evaluation.accuracy.count)
    evaluation = dataclasses.replace(data.evaluation, accuracy=share, mistakes=())
    page = section(dataclasses.replace(data, evaluation=evaluation), "mistakes")
    assert "There are no mistakes in this set." in page


def test_each_drop_reason_has_its_restore_command(make):
    data = make()
    page = section(data, "data")
    for one in data.dropped:
        assert f"moue restore --reason {one.reason}<" in page
        assert one.meaning in page


def test_leakage_shows_groups_divided_by_a_random_shuffle(make):
    page = section(make(), "data")
    assert "of 188" in page
    assert "61.4" in page


def test_leakage_shows_links_and_limits(make):
    page = section(make(), "data")
    assert "subjects are unknown" in page
    assert "cropped to another face" in page
    assert "one photo of a face, cropped, rotated or relit</th><td>40" in page
    assert "IMG_0001, IMG_0001-2" in page
    assert "the same subject</th>" not in page


def test_divided_groups_are_listed(make):
    data = make(unseen=True)
    torn = dataclasses.replace(
        data.leakage, divided_groups=1, divided_members=((("a", "train"), ("b", "test")),)
    )
    divided = dataclasses.replace(data, leakage=torn)
    page = section(divided, "data")
    assert "the predefined split divides some groups" in page
    assert "<td>train</td>" in page
    assert "was not trained on" not in headline(divided)


def test_a_slice_shows_accuracy_f1_and_count(make):
    data = make()
    page = section(data, "slices")
    for one in data.evaluation.slices["origin"].values():
        assert percent(one.accuracy.value) in page
        assert decimal(one.macro_f1) in page
        assert f"<td>{one.accuracy.count}</td>" in page


def test_an_attribute_with_one_value_is_one_line(make):
    data = make()
    whole = next(iter(data.evaluation.slices["origin"].values()))
    evaluation = dataclasses.replace(data.evaluation, slices={"colour": {"grey": whole}})
    page = section(dataclasses.replace(data, evaluation=evaluation), "slices")
    assert "The same in all pictures: colours (grey)." in page
    assert "<table" not in page


def false_alarms(make, pouts):
    """The page of two groups with ten neutral mouths each, some of them predicted as pout."""
    data = make()
    groups = {
        group: Slice(
            accuracy=Proportion(right=10 - n, count=10),
            macro_f1=0.5,
            none_predicted={
                "none": Proportion(right=10 - n, count=10), "pout": Proportion(right=n, count=10),
            },
        )
        for group, n in pouts.items()
    }  # fmt: skip
    evaluation = dataclasses.replace(data.evaluation, slices={"ethnicity": groups})
    return section(dataclasses.replace(data, evaluation=evaluation), "slices").split("<h3>")[1]


def test_false_alarms_are_shown_by_group(make):
    page = false_alarms(make, {"one": 0, "other": 3})
    assert page.index("one</th><td>10</td><td>–</td>") < page.index("other</th><td>10</td><td>30")
    assert "All of them are." in false_alarms(make, {"one": 0, "other": 0})


def test_each_corruption_has_a_chart_with_its_lowest_accuracy(make):
    data = make()
    page = section(data, "robustness")
    assert page.count("<svg") == len(data.robustness)
    for curve in data.robustness:
        assert curve.unit in page
        lowest = min(point.accuracy.value for point in curve.points)
        assert f">{percent(lowest, 0)}</text>" in page
        assert all(percent(point.accuracy.value) in page for point in curve.points)
    assert page.count('class="ring"') == len(data.robustness)
    assert page.count("<image") == sum(len(curve.points) for curve in data.robustness)


def test_a_comparison_states_its_significance(make):
    data = make()
    found = data.comparison
    assert "Significant: " in section(data, "comparison")
    assert f"p = {0.38:.2g}" in section(
        dataclasses.replace(data, comparison=dataclasses.replace(found, p_value=0.375)),
        "comparison",
    )
    lucky = dataclasses.replace(found, p_value=0.5)
    assert "Not significant: " in section(dataclasses.replace(data, comparison=lucky), "comparison")
    same = dataclasses.replace(found, only_first=(), only_second=())
    assert "Both models classify the same pictures correctly" in section(
        dataclasses.replace(data, comparison=same), "comparison"
    )


def test_pictures_that_only_one_model_gets_right_are_shown(make):
    data = make()
    page = section(data, "comparison")
    for apart in (data.comparison.only_first, data.comparison.only_second):
        assert all(one.name in page for one in apart[:6])
        assert f"right</th><td>{len(apart)}</td>" in page
