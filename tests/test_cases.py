"""A set is read whole or not at all; what is wrong with it is told by file, line and field."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.cases import TYPES, Case, Gold, case_from, fields_of
from eval.reading import read_set
from index.errors import EvalError
from index.filters import Filters
from rag.answer import Turn

LINE = {
    "id": "c1",
    "type": "single",
    "question": "how long?",
    "answerable": True,
    "gold": [{"story": "a.md", "quote": "ten"}],
}


def written(folder: Path, *lines: object) -> Path:
    file = folder / "set.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return file


def test_a_case_is_read_with_all_its_fields(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "who?"}, {"role": "assistant", "content": "The baker."}]
    line = {
        **LINE,
        "history": history,
        "gold": [{"story": "a.md", "start": 3, "end": 9}],
        "reference": "Ten.",
        "note": "x",
    }
    file = written(tmp_path, line, "", {**LINE, "id": "c2"})
    found = read_set(file)
    assert (found.name, found.sha256) == ("set", hashlib.sha256(file.read_bytes()).hexdigest())
    assert found.cases[0].history == (Turn("user", "who?"), Turn("assistant", "The baker."))
    assert found.cases[0].gold == (Gold("a.md", "", 3, 9),)
    assert found.cases[0].reference == "Ten."
    assert found.cases[1].gold == (Gold("a.md", "ten"),)
    assert found.cases[1].history == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"type": None}, "type"),
        ({"question": "  "}, "question"),
        ({"answerable": "yes"}, "answerable"),
        ({"history": [{"role": "robot", "content": "x"}]}, "history.0.role"),
        ({"history": [{"role": "user"}]}, "history.0.content"),
        ({"gold": [{"quote": "ten"}]}, "gold.0.story"),
        ({"gold": [{"story": "a.md"}]}, "gold.0"),
        ({"gold": [{"story": "a.md", "quote": " ** "}]}, "gold.0"),
        ({"gold": [{"story": "a.md", "start": 3}]}, "gold.0"),
        ({"gold": [{"story": "a.md", "start": 9, "end": 3}]}, "gold.0"),
        ({"reference": 3}, "reference"),
        ({"filters": {"form": ["baker"]}}, "filters.form"),
        ({"filters": {"from": "baker"}}, "filters.from"),
        ({"filters": {"tags": ["bread", "!"]}}, "filters"),
        ({"filters": {"years": 2019}}, "filters.years"),
        ({"filters": {"years": [2019]}}, "filters.years"),
        ({"filters": {"years": [2019, 2015]}}, "filters"),
    ],
)
def test_a_broken_line_is_named_by_its_number_and_field(tmp_path: Path, change: dict[str, Any], field: str) -> None:
    file = written(tmp_path, LINE, {**LINE, "id": "c2", **change})
    with pytest.raises(EvalError) as raised:
        read_set(file)
    assert f"{file}, line 2, field {field}: " in str(raised.value)


def test_a_case_may_say_which_stories_are_asked(tmp_path: Path) -> None:
    said = {"from": ["baker", "cook"], "to": ["developer"], "tags": ["bootcamp"], "years": [2015, 2019]}
    filtered, other = read_set(written(tmp_path, {**LINE, "filters": said}, {**LINE, "id": "c2"})).cases
    assert filtered.filters == Filters(("baker", "cook"), ("developer",), ("bootcamp",), (2015, 2019))
    assert filtered.filters.told() == said
    assert other.filters == Filters()


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"line 1, field question: "):
        read_set(written(tmp_path, {key: value for key, value in LINE.items() if key != "question"}))


def test_what_a_case_does_not_say_is_told_by_the_rest() -> None:
    asked = {"question": "how long?"}
    with_gold = case_from({**asked, "gold": LINE["gold"]}, "set-7")
    assert (with_gold.id, with_gold.type, with_gold.answerable, with_gold.group) == ("set-7", "single", True, "a.md")
    assert case_from({**asked, "reference": "Ten."}, "c1").answerable
    unanswered = case_from({**asked, "answerable": False}, "c1")
    assert (unanswered.type, unanswered.group) == ("unanswerable", "c1")
    with pytest.raises(EvalError, match=r"^field answerable: say true or false"):
        case_from(asked, "c1")


def test_a_gold_may_leave_its_story_open_but_not_its_place() -> None:
    asked = {"question": "how long?", "id": "c1"}
    found = case_from({**asked, "gold": [{"story": "", "quote": "ten"}]})
    assert (found.gold, found.group) == ((Gold("", "ten"),), "c1")
    with pytest.raises(EvalError, match=r"^field gold.0: start and end are places in a story: say which"):
        case_from({**asked, "gold": [{"story": "", "start": 1, "end": 3}]})


@given(
    st.builds(
        Case,
        id=st.text("abc1", min_size=1),
        type=st.sampled_from(TYPES),
        question=st.text("why?", min_size=1),
        answerable=st.booleans(),
        history=st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text())).map(tuple),
        gold=st.lists(
            st.builds(Gold, st.text("a.md"), st.text("quote", min_size=1))
            | st.builds(Gold, st.just("a.md"), st.just(""), st.integers(0, 9), st.integers(10, 99))
        ).map(tuple),
        reference=st.text(),
        filters=st.sampled_from([Filters(), Filters(("baker",), years=(2015, 2019))]),
        group=st.text("xyz", min_size=1),
        obeyed_if=st.lists(st.text("abc", min_size=1)).map(tuple),
    )
)
def test_a_case_is_the_same_after_it_was_written_and_read(case: Case) -> None:
    assert case_from(json.loads(json.dumps(fields_of(case)))) == case


@pytest.mark.parametrize("line", ["{", "[]", '"text"', "{}}"])
def test_a_line_that_is_no_json_object_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(EvalError, match=r"line 2, field \(all\): "):
        read_set(written(tmp_path, LINE, line))


def test_every_broken_line_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(EvalError) as raised:
        read_set(written(tmp_path, {**LINE, "id": 1}, LINE, "{", LINE))
    told = str(raised.value).splitlines()
    assert [line.split(", ")[1] for line in told] == ["line 1", "line 3", "line 4"]
    assert "field id: 'c1' stands on an earlier line too" in told[2]


def test_of_very_many_broken_lines_the_first_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    with pytest.raises(EvalError) as raised:
        read_set(written(tmp_path, *["{"] * 50))
    assert str(raised.value).splitlines()[20:] == ["… and 30 more"]


def test_a_set_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="there is no such set"):
        read_set(tmp_path / "none.jsonl")
    with pytest.raises(EvalError, match="cannot be read"):
        read_set(tmp_path)
    with pytest.raises(EvalError, match="there is no case in it"):
        read_set(written(tmp_path, "", " "))
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "caf\xe9"}')
    with pytest.raises(EvalError, match="not UTF-8"):
        read_set(tmp_path / "latin.jsonl")
