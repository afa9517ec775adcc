"""A set is read whole or not at all; what is wrong with it is told by file, line and field."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from eval.cases import TYPES, Gold, read_set
from eval.gold import locate
from index.errors import EvalError
from index.filters import Filters
from index.stories import read_stories
from rag.answer import Turn
from tests.chatbots import Shelf

ROOT = Path(__file__).parent.parent
STARTER = ROOT / "eval" / "sets" / "starter.jsonl"
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
    with pytest.raises(EvalError, match=r"line 1, field answerable: "):
        read_set(written(tmp_path, {key: value for key, value in LINE.items() if key != "answerable"}))


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


def test_the_starter_set_has_cases_of_every_type() -> None:
    cases = read_set(STARTER).cases
    assert len(cases) >= 40
    assert {case.type for case in cases} == set(TYPES)
    assert [case.id for case in cases] == [f"s{number:03}" for number in range(1, len(cases) + 1)]
    assert len({case.question for case in cases}) == len(cases)
    assert all(bool(case.gold) == case.answerable for case in cases)
    assert all(bool(case.history) == (case.type == "followup") for case in cases)


def test_every_quote_of_the_starter_set_is_in_its_file_exactly() -> None:
    golds = [gold for case in read_set(STARTER).cases for gold in case.gold]
    texts = {name: (ROOT / "stories" / name).read_text("utf-8") for name in {gold.story for gold in golds}}
    assert [gold for gold in golds if texts[gold.story].count(gold.quote) != 1] == []


def test_every_quote_of_the_starter_set_is_in_what_a_reader_sees() -> None:
    shelf = Shelf(read_stories(ROOT / "stories").stories)
    for case in read_set(STARTER).cases:
        for spans, gold in zip(locate(case, shelf, ROOT / "stories"), case.gold, strict=True):
            assert [span.story for span in spans] == [gold.story]
