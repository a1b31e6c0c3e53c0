from __future__ import annotations

import random

import pytest

import rows
from moue.dataset.apply_edit import apply_edit
from moue.dataset.edits import Edit, check
from moue.dataset.label import LabelUpdate, set_labels
from moue.errors import DataError
from moue.workspace import passes
from moue.workspace.browse import versions
from moue.workspace.label_set import DEFAULT
from moue.workspace.types import LABELS, USER


@pytest.fixture
def filled(catalog):
    """Six pictures with one mouth each."""
    rows.add(catalog, *(rows.sample(f"p{number}") for number in range(6)))
    return catalog


def label(op_id, value, *names, **more):
    return Edit(op_id=op_id, action="label", names=names, value=value, **more)


def labels(catalog):
    return {mouth.name: mouth.label for mouth in catalog.mouths() if mouth.label}


def undo(catalog, op_id, of=None):
    return apply_edit(catalog, Edit(op_id=op_id, action="undo", of=of))


def redo(catalog, op_id, of=None):
    return apply_edit(catalog, Edit(op_id=op_id, action="redo", of=of))


def test_a_label_is_a_decision_of_the_user(filled):
    outcome = apply_edit(filled, label("a", "smile", "p1", "p2"))
    assert labels(filled) == {"p1": "smile", "p2": "smile"}
    assert [(c.name, c.old, c.value) for c in outcome.changed] == [
        ("p1", None, "smile"), ("p2", None, "smile")
    ]  # fmt: skip
    assert {c.name: c.version for c in outcome.changed} == versions(filled, ["p1", "p2"])
    decision = list(filled.decisions("p1"))[-1]
    assert (decision.by, decision.why, decision.value) == (USER, "studio", "smile")


def test_a_edit_that_is_sent_again_changes_nothing(filled):
    first = apply_edit(filled, label("a", "smile", "p1"))
    apply_edit(filled, label("b", "pout", "p1"))
    assert apply_edit(filled, label("a", "smile", "p1")) == first
    assert labels(filled) == {"p1": "pout"}


def test_undo_and_redo_step_through_the_edits(filled):
    apply_edit(filled, label("a", "smile", "p1"))
    apply_edit(filled, label("b", "pout", "p1", "p2"))
    assert undo(filled, "u1").target == "b"
    assert labels(filled) == {"p1": "smile"}
    assert undo(filled, "u2").target == "a"
    assert labels(filled) == {}
    with pytest.raises(DataError, match="nothing to undo"):
        undo(filled, "u3")
    assert redo(filled, "r1").target == "a"
    assert redo(filled, "r2").target == "b"
    assert labels(filled) == {"p1": "pout", "p2": "pout"}
    with pytest.raises(DataError, match="nothing to redo"):
        redo(filled, "r3")
    assert undo(filled, "u4").target == "b"


def test_a_new_edit_ends_the_redo(filled):
    apply_edit(filled, label("a", "smile", "p1"))
    undo(filled, "u1")
    apply_edit(filled, label("b", "open", "p2"))
    with pytest.raises(DataError, match="nothing to redo"):
        redo(filled, "r1")
    assert redo(filled, "r2", of="a").target == "a"


def test_an_undo_restores_the_labeller_of_the_label_before(filled):
    set_labels(filled, [LabelUpdate(filled.mouth("p1"), "pout", "csv", "labels.csv:2")])
    before = filled.mouth("p1")
    apply_edit(filled, label("a", "smile", "p1"))
    undo(filled, "u")
    assert filled.mouth("p1") == before
    assert [d.value for d in filled.decisions("p1")] == ["pout", "smile", "pout"]


def test_an_undo_skips_a_key_that_changed_nothing(filled):
    apply_edit(filled, label("a", "smile", "p1"))
    assert apply_edit(filled, label("b", "smile", "p1")).changed == ()
    assert undo(filled, "u").target == "a"


def test_a_edit_is_undone_only_once(filled):
    apply_edit(filled, label("a", "smile", "p1"))
    first = undo(filled, "u", of="a")
    with pytest.raises(DataError, match="nothing to undo"):
        undo(filled, "v", of="a")
    assert undo(filled, "u", of="a") == first


def test_drop_and_restore_can_be_undone_for_pictures_and_mouths(filled):
    filled.update_sample("p1", dropped="blurry", detail="sharpness 0.001", decided_by="clean")
    apply_edit(filled, Edit(op_id="a", action="restore", kind="pictures", names=("p1",)))
    assert (filled.sample("p1").dropped, filled.sample("p1").decided_by) == (None, USER)
    undo(filled, "u")
    one = filled.sample("p1")
    assert (one.dropped, one.detail, one.decided_by) == ("blurry", "sharpness 0.001", "clean")
    apply_edit(filled, Edit(op_id="b", action="drop", names=("p2",)))
    assert filled.mouth("p2").dropped == "by_hand"
    assert filled.sample("p2").dropped is None
    undo(filled, "v")
    assert (filled.mouth("p2").dropped, filled.mouth("p2").decided_by) == (None, None)


def test_a_change_by_another_person_is_a_conflict(filled):
    seen = versions(filled, ["p1", "p2"])
    apply_edit(filled, label("a", "smile", "p1", client="one"))
    outcome = apply_edit(
        filled, label("b", "pout", "p1", "p2", client="two", seen={"p1": 0, "p2": 0} | seen)
    )
    assert [(c.name, c.truth) for c in outcome.conflicts] == [("p1", "smile")]
    assert labels(filled) == {"p1": "smile", "p2": "pout"}


def test_the_same_client_and_the_same_label_are_no_conflict(filled):
    apply_edit(filled, label("a", "smile", "p1", client="one"))
    assert not apply_edit(filled, label("b", "smile", "p1", client="two", seen={"p1": 0})).conflicts
    assert not apply_edit(filled, label("c", "open", "p1", client="one", seen={"p1": 0})).conflicts
    assert labels(filled) == {"p1": "open"}


def test_a_decision_of_a_stage_is_no_conflict(filled):
    set_labels(filled, [LabelUpdate(filled.mouth("p1"), "pout", "csv", "labels.csv:2")])
    outcome = apply_edit(filled, label("a", "smile", "p1", seen={"p1": 0}))
    assert outcome.conflicts == ()
    assert labels(filled) == {"p1": "smile"}


def test_an_undo_leaves_names_that_changed_since(filled):
    apply_edit(filled, label("a", "smile", "p1", "p2"))
    apply_edit(filled, label("b", "open", "p2"))
    outcome = undo(filled, "u", of="a")
    assert [c.name for c in outcome.changed] == ["p1"]
    assert [(c.name, c.truth) for c in outcome.conflicts] == [("p2", "open")]
    assert labels(filled) == {"p2": "open"}


def test_a_name_that_no_longer_exists_is_a_conflict(filled):
    apply_edit(filled, label("a", "smile", "p1", "p2"))
    filled.remove("p1", ["p1"])
    outcome = apply_edit(filled, label("b", "open", "p1", "p2"))
    assert [(c.name, c.truth) for c in outcome.conflicts] == [("p1", None)]
    undo(filled, "u", of="b")
    assert labels(filled) == {"p2": "smile"}
    assert "p1" not in str(filled.execute("SELECT name FROM edit_changes WHERE value = 'smile'"))


def test_confirm_writes_the_label_of_each_name(filled):
    values = {"p1": "smile", "p2": "open"}
    apply_edit(filled, Edit(op_id="a", action="confirm", names=("p1", "p2"), values=values))
    assert labels(filled) == values
    undo(filled, "u")
    assert labels(filled) == {}


def test_a_pass_keeps_its_labels_apart(filled):
    apply_edit(filled, label("a", "smile", "p1", "p2"))
    one = passes.create(filled, "op", "anna", ["p2", "p1"])
    assert [item.name for item in passes.to_label(filled, one.id, -1, 10)] == ["p2", "p1"]
    second = Edit(op_id="b", action="pass", names=("p2",), value="open", number=one.id)
    apply_edit(filled, second)
    apply_edit(filled, Edit(op_id="c", action="pass", names=("p2",), value="none", number=one.id))
    apply_edit(filled, second)
    found = passes.labelled(filled, one.id)
    assert [(item.name, item.first, item.label) for item in found] == [("p2", "smile", "none")]
    assert labels(filled) == {"p1": "smile", "p2": "smile"}
    assert passes.create(filled, "op", "anna", ["p1"]).total == 2
    assert undo(filled, "u").target == "a"


def test_a_pass_has_only_its_own_mouths(filled):
    one = passes.create(filled, "op", "anna", ["p2"])
    outcome = apply_edit(
        filled, Edit(op_id="a", action="pass", names=("p3",), value="open", number=one.id)
    )
    assert [c.name for c in outcome.conflicts] == ["p3"]
    with pytest.raises(DataError, match="no pass has the number 9"):
        apply_edit(filled, Edit(op_id="b", action="pass", names=("p3",), value="open", number=9))


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (Edit(op_id="a", action="paint", names=("p1",)), "not one of"),
        (Edit(op_id="a", action="label", names=(), value="smile"), "give 1 to"),
        (Edit(op_id="a", action="label", names=("p",) * 1001, value="smile"), "give 1 to"),
        (Edit(op_id="a", action="label", names=("p1",), value="grin"), "not one of the labels"),
        (Edit(op_id="a", action="label", kind="pictures", names=("p1",)), "only mouths"),
        (Edit(op_id="a", action="drop", kind="voices", names=("p1",)), "not one of mouths"),
        (Edit(op_id="a", action="confirm", names=("p1",)), "no label for some"),
    ],
)
def test_an_invalid_edit_is_an_error(edit, says):
    with pytest.raises(DataError, match=says):
        check(edit, DEFAULT)


def test_any_sequence_of_undos_and_redos_leaves_the_state_of_a_simple_editor(filled):
    """The model: a list of edits, and how many of them hold."""
    chance = random.Random(3)
    states, at = [{}], 0
    for step in range(300):
        what = chance.random()
        if what < 0.5:
            names = chance.sample([f"p{i}" for i in range(6)], chance.randint(1, 3))
            value = chance.choice(LABELS)
            new = states[at] | dict.fromkeys(names, value)
            apply_edit(filled, label(f"g{step}", value, *names))
            if new != states[at]:
                states, at = [*states[: at + 1], new], at + 1
            else:
                states = states[: at + 1]
        elif what < 0.8:
            if at == 0:
                with pytest.raises(DataError):
                    undo(filled, f"g{step}")
            else:
                undo(filled, f"g{step}")
                at -= 1
        elif at == len(states) - 1:
            with pytest.raises(DataError):
                redo(filled, f"g{step}")
        else:
            redo(filled, f"g{step}")
            at += 1
        assert labels(filled) == states[at]
