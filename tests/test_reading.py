"""Sets are read from JSONL, CSV and TSV, with the project's own names of columns or those of ragas."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.cases import Case, Gold
from eval.reading import read_set
from index.errors import EvalError
from index.filters import Filters
from rag.answer import Turn


def table(folder: Path, text: str, name: str = "set.csv") -> Path:
    file = folder / name
    file.write_bytes(text.encode())
    return file


def only(file: Path) -> Case:
    (case,) = read_set(file).cases
    return case


@pytest.mark.parametrize(
    ("name", "mark"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "\t"), ("a.tsv", "\t"), ("a.CSV", ";")]
)
@pytest.mark.parametrize("begin", ["", "\ufeff"], ids=["plain", "with BOM"])
def test_a_table_is_read_whatever_parts_its_cells(tmp_path: Path, name: str, mark: str, begin: str) -> None:
    names = mark.join(["id", "type", "question", "answerable", "story", "quote"])
    row = mark.join(["c1", "advice", '"why, or; when?"', "yes", "a.md", "ten"])
    case = only(table(tmp_path, f"{begin}{names}\r\n{row}\r\n", name))
    assert (case.id, case.type, case.question, case.answerable) == ("c1", "advice", "why, or; when?", True)
    assert case.gold == (Gold("a.md", "ten"),)


def test_a_row_may_have_every_field_of_a_case(tmp_path: Path) -> None:
    fields = {
        "id": "c1",
        "question": "and then?",
        "answerable": "1",
        "reference": "Ten.",
        "story": "a.md",
        "quote": "ten",
        "story_2": "b.md",
        "quote_2": "",
        "start_2": "3",
        "end_2": "9",
        "group": "bakers",
        "obeyed_if": '["HACKED", "pwned"]',
        "history": json.dumps([{"role": "user", "content": "who?"}, {"role": "assistant", "content": "The baker."}]),
        "filters": '{"from": ["baker"]}',
        "colour": "blue",
    }
    file = tmp_path / "set.csv"
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, fields)
        writer.writeheader()
        writer.writerow(fields)
    assert only(file) == Case(
        "c1",
        "single",
        "and then?",
        answerable=True,
        history=(Turn("user", "who?"), Turn("assistant", "The baker.")),
        gold=(Gold("a.md", "ten"), Gold("b.md", "", 3, 9)),
        reference="Ten.",
        filters=Filters(("baker",)),
        group="bakers",
        obeyed_if=("HACKED", "pwned"),
    )


def test_gold_may_be_json_in_a_cell_and_one_phrase_needs_no_list(tmp_path: Path) -> None:
    case = only(table(tmp_path, 'question,gold,obeyed_if\nhow?,"[{""story"": ""a.md"", ""quote"": ""ten""}]",HACKED\n'))
    assert (case.gold, case.obeyed_if) == ((Gold("a.md", "ten"),), ("HACKED",))


def test_what_a_row_leaves_out_is_told_by_its_line_and_its_gold(tmp_path: Path) -> None:
    text = "question,answerable,story,quote\n\nhow?,,a.md,ten\nwhy?,No,,\n"
    first, second = read_set(table(tmp_path, text)).cases
    assert (first.id, first.type, first.answerable) == ("set-3", "single", True)
    assert (second.id, second.type, second.answerable) == ("set-4", "unanswerable", False)


@pytest.mark.parametrize(
    ("header", "row", "field"),
    [
        ("question,answerable", "how?,perhaps", "answerable: 'perhaps' is neither yes nor no"),
        ("question,answerable", ",yes", "question: "),
        ("question,story,quote", "how?,a.md,**", "quote: "),
        ("question,story,quote,story_2,start_2,end_2", "how?,a.md,ten,b.md,x,9", "start_2: 'x' is no whole number"),
        ("question,story,quote,story_2,start_2,end_2", "how?,a.md,ten,b.md,9,3", "quote_2: start must be"),
        ("question,answerable,history", "how?,yes,who?", "history: this cell must be JSON"),
        ("question,answerable,history", 'how?,yes,"[{""role"": ""robot""}]"', "history.0.role: "),
        ("question,gold", 'how?,"[{""quote"": ""ten""}]"', "gold.0.story: "),
        ("question,answerable", "how?,yes,more", r"\(all\): 3 cells under 2 names"),
        ("question,answerable", '"how"?,yes', r"\(all\): .* quotation mark"),
        ("user_input,reference_contexts", 'how?,"[1, 2]"', "reference_contexts: it must be a text, or a list"),
        ("user_input,reference", '"[{""type"": ""ai"", ""content"": ""Hi.""}]",x', "user_input: nothing in this"),
    ],
)
def test_a_broken_row_is_named_by_the_line_it_begins_in_and_its_column(
    tmp_path: Path, header: str, row: str, field: str
) -> None:
    file = table(tmp_path, f'{header}\r\n"how\r\nlong?",yes{"," * (header.count(",") - 1)}\r\n{row}\r\n')
    with pytest.raises(EvalError, match=rf"set.csv, line 4, field {field}"):
        read_set(file)


def test_a_quotation_mark_that_is_never_closed_swallows_no_row_unnoticed(tmp_path: Path) -> None:
    file = table(tmp_path, 'question,answerable\nhow?,yes\n"why?,yes\nwhen?,yes\n')
    with pytest.raises(EvalError, match=r"set.csv, line 3, field \(all\): unexpected end of data"):
        read_set(file)


@pytest.mark.parametrize(
    ("header", "fault"),
    [("id,type", "no column is called question or user_input"), ("question,id,id", "two columns are called id")],
)
def test_a_table_without_names_above_it_is_refused(tmp_path: Path, header: str, fault: str) -> None:
    with pytest.raises(EvalError, match=f"set.csv, line 2: {fault}"):
        read_set(table(tmp_path, f"\n{header}\na,b,c\n"))


@pytest.mark.parametrize("name", ["set.jsonl", "set.csv"])
def test_broken_lines_can_be_skipped_and_are_told(tmp_path: Path, name: str) -> None:
    lines = {
        "set.jsonl": ['{"id": "a", "question": "x", "answerable": true}', "{", '{"id": "a", "question": "y"}'],
        "set.csv": ["id,question,answerable", "a,x,yes", "b,y,perhaps", "a,z,yes"],
    }[name]
    file = table(tmp_path, "\n".join(lines), name)
    with pytest.raises(EvalError, match="line"):
        read_set(file)
    found = read_set(file, skip_bad=True)
    assert [case.question for case in found.cases] == ["x"]
    assert len(found.skipped) == 2
    assert f"{file}, line {len(lines) - 1}, field " in found.skipped[0]


def test_a_set_of_broken_lines_alone_is_an_error_even_when_they_may_be_skipped(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="line 2, field answerable"):
        read_set(table(tmp_path, "question,answerable\nhow?,perhaps\n"), skip_bad=True)


def ragas(folder: Path, name: str, sample: dict[str, Any]) -> Path:
    """A sample as ragas writes it: lists as JSON, or in a cell as Python prints them."""
    file = folder / name
    if name.endswith(".jsonl"):
        return table(folder, json.dumps(sample), name)
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, sample)
        writer.writeheader()
        writer.writerow(sample)
    return file


@pytest.mark.parametrize("name", ["ragas.jsonl", "ragas.csv"])
def test_a_sample_of_ragas_is_a_case_whose_gold_may_stand_in_any_story(tmp_path: Path, name: str) -> None:
    sample = {
        "user_input": "How long did it take?",
        "retrieved_contexts": ["Bread."],
        "reference_contexts": ["<1-hop>\n\nIt took ten months.", 'She said "yes", and it\'s true.'],
        "response": "A year.",
        "reference": "Ten months.",
        "synthesizer_name": "single_hop",
    }
    case = only(ragas(tmp_path, name, sample))
    assert case.id == ("ragas-1" if name == "ragas.jsonl" else "ragas-2")  # a table has a row of names
    assert (case.type, case.question, case.answerable) == ("single", "How long did it take?", True)
    assert case.gold == (Gold("", "It took ten months."), Gold("", 'She said "yes", and it\'s true.'))
    assert case.reference == "Ten months."


@pytest.mark.parametrize("name", ["ragas.jsonl", "ragas.csv"])
def test_a_conversation_of_ragas_is_a_history_and_its_last_question(tmp_path: Path, name: str) -> None:
    messages = [
        {"type": "human", "content": "Who baked?"},
        {"type": "ai", "content": "", "tool_calls": [{"name": "search", "args": {}}]},
        {"type": "tool", "content": "3 hits"},
        {"type": "ai", "content": "The baker."},
        {"type": "human", "content": "For how long?"},
        {"type": "ai", "content": "Eleven years."},
    ]
    case = only(ragas(tmp_path, name, {"user_input": messages, "reference": "Eleven years."}))
    assert case.question == "For how long?"
    assert case.history == (Turn("user", "Who baked?"), Turn("assistant", "The baker."))


@pytest.mark.parametrize("name", ["old.jsonl", "old.csv"])
def test_the_older_names_of_ragas_are_known(tmp_path: Path, name: str) -> None:
    generated = {"question": "How long?", "contexts": ["It took ten months."], "ground_truth": "Ten months."}
    case = only(ragas(tmp_path, name, generated))
    assert (case.gold, case.reference) == ((Gold("", "It took ten months."),), "Ten months.")
    answered = {"question": "How long?", "answer": "A year.", "contexts": ["Bread."], "ground_truths": ["Ten months."]}
    case = only(ragas(tmp_path, name, answered))
    assert (case.gold, case.reference) == ((), "Ten months.")  # what a chatbot retrieved is no gold


REVIEW = "keep,id,question,answerable,note\n"


def test_of_a_review_file_only_what_is_kept_is_read(tmp_path: Path) -> None:
    marks = ["yes", "Y", " x ", "1", "TRUE", "no", "", "0"]
    rows = "".join(f"{mark},c{number},how?,{'yes' if mark else ''},\n" for number, mark in enumerate(marks))
    found = read_set(table(tmp_path, REVIEW + rows))
    assert [case.id for case in found.cases] == ["c0", "c1", "c2", "c3", "c4"]
    assert found.skipped == ()


def test_a_row_is_kept_only_once_somebody_said_whether_it_is_answerable(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"line 2, field answerable: say true or false before you keep"):
        read_set(table(tmp_path, f"{REVIEW}yes,c1,how?,,\n"))
    with pytest.raises(EvalError, match=r"line 2, field keep: 'maybe' is neither yes nor no"):
        read_set(table(tmp_path, f"{REVIEW}maybe,c1,how?,yes,\n"))
    with pytest.raises(EvalError, match=r"no row of it is kept. Write yes in the column keep"):
        read_set(table(tmp_path, f"{REVIEW},c1,how?,yes,\n"))


@given(st.text())
def test_no_table_whatever_its_text_ends_in_another_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("set") / "set.csv"
    file.write_text(f"question,user_input,keep\n{text}", encoding="utf-8", errors="replace")
    try:
        read_set(file)
    except EvalError:
        return
    assert text.strip()


COLUMNS = (
    "user_input",
    "answerable",
    "gold",
    "history",
    "filters",
    "obeyed_if",
    "reference_contexts",
    "quote",
    "start",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
CELLS = st.text() | JSON.map(json.dumps) | st.sampled_from(["{[]}", "9" * 5000, "[" * 5000, "yes", "no", "1"])


@given(cells=st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, CELLS)))
def test_no_cell_whatever_is_in_it_ends_in_another_error(
    tmp_path_factory: pytest.TempPathFactory, cells: dict[str, str]
) -> None:
    file = tmp_path_factory.mktemp("set") / "set.csv"
    with file.open("w", encoding="utf-8", errors="replace", newline="") as opened:
        csv.writer(opened).writerows([["question", *cells], ["How long?", *cells.values()]])
    try:
        (case,) = read_set(file).cases
    except EvalError:
        return
    assert case.question


def test_a_number_of_too_many_digits_is_a_fault_of_its_line(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text('{"question": "a", "answerable": false}\n{"question": ' + "9" * 5000 + "}\n")
    with pytest.raises(EvalError, match=r"line 2, field \(all\): this is not JSON that can be read"):
        read_set(file)
