"""ui.evaluation_desk: whatever the browser asks for, a piece of a screen or a sentence comes back, and nothing else."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from rag.answer import Answer
from tests.chatbots import answered, quoted, story
from tests.desk import GOLD
from tests.evaluation_view import View, opened, plain
from tests.runs import row, write_run
from ui.escaping import inert
from ui.evaluation import _Opened
from ui.evaluation_desk import READ_ONLY
from ui.reader import Place
from ui.site import Site

ATTACK = "<img src=x onerror=alert(1)> ${1} {{2}} </details>"
TAGS = re.compile(r"<(\w+)")
DRAWING = {"svg", "g", "path", "defs", "use", "text", "style", "clipPath", "rect"}
FORM = {"form", "label", "select", "option", "input", "button", "progress"}
TABLE = {"table", "thead", "tbody", "tr", "th", "td"}
PROSE = {"h2", "h3", "h4", "p", "ul", "ol", "li", "dl", "dt", "dd", "a", "strong", "time", "code", "mark", "i", "span"}
PARTS = {"header", "div", "section", "details", "summary", "figure", "figcaption"}
OWN_TAGS = DRAWING | FORM | TABLE | PROSE | PARTS


@pytest.fixture
def view(tmp_path: Path) -> View:
    return opened(tmp_path)


def test_where_nothing_was_run_the_view_says_how_to(view: View) -> None:
    shown = view.html("runs")
    assert "No set has been run yet" in shown
    assert "set.jsonl &#40;3 cases&#41;" in shown.replace("&#46;", ".")


def test_a_run_is_listed_with_its_figures_and_intervals(view: View) -> None:
    view.run("one")
    shown = plain(view.html("list"))
    assert "set" in shown
    assert "scripted · 3 cases" in shown
    assert re.search(r"Answered\s+1\.00", shown) or re.search(r"1\.00[^A-Z]*\s+Answered", shown)
    assert "compare" not in shown, "there is nothing to compare it with"


def test_what_cannot_be_read_is_listed_with_the_reason(view: View) -> None:
    view.run("sound")
    write_run(view.runs / "torn", [])
    (view.runs / "torn" / "manifest.json").write_text("{")
    (view.runs / "strange").mkdir()
    write_run(view.runs / "other", [row("a")])
    (view.runs / "other" / "report.json").write_text('{"metrics": 3}')
    (view.runs / "a file").write_text("")
    shown = plain(view.html("list"))
    assert shown.count("cannot be read") == 3
    assert "this is not JSON" in shown
    assert "there is no manifest.json in it" in shown
    assert "no report of this version" in shown
    assert shown.index("scripted") < shown.index("torn")


def test_a_run_of_another_version_is_told_when_it_is_opened(view: View) -> None:
    write_run(view.runs / "other", [row("a", scores={"completed": 1.0})])
    assert "results.jsonl, line 1, field" in view.problem("run", name="other")


@pytest.mark.parametrize("name", ["..", "../runs/one", "", None, 7, ["one"], "/etc", "one/"])
def test_only_the_name_of_a_run_opens_one(view: View, name: object) -> None:
    view.run("one")
    for want in ("run", "case", "page", "matching", "resume"):
        assert "no such run" in view.problem(want, name=name, number=0)


@pytest.mark.parametrize("want", ["", "__class__", None, 3, [], "_run", {"x": 1}])
def test_nothing_else_is_answered(view: View, want: object) -> None:
    assert "Load it anew" in view.problem(want)


@pytest.mark.parametrize("request_", [None, 3, "runs", [], [["want", "runs"]]])
def test_a_request_is_a_mapping(view: View, request_: object) -> None:
    assert "Load it anew" in plain(view.desk.answer(request_)["problem"])


def test_a_run_shows_its_figures_tables_pictures_and_cases(view: View) -> None:
    shown = view.html("run", name=view.run("one"))
    words = plain(shown)
    for heading in ("What became of the cases", "By type of question", "To answer or not", "All metrics", "Cases"):
        assert heading in words
    assert shown.count('class="case"') == 3
    assert shown.count("<svg") >= 2
    assert "var(--ink)" in shown
    assert GOLD not in words, "what is inside a case comes when it is opened"


def test_a_case_opens_to_all_that_is_known_of_it(view: View) -> None:
    words = plain(view.html("case", name=view.run("one"), number=0))
    for heading in ("Answer", "Cited", "cites gold", "Gold", "Retrieved", "holds gold", "Support of each sentence"):
        assert heading in words
    assert GOLD in words
    assert "supported" in words
    assert "Hm?" in plain(view.html("case", name="one", number=1))
    assert "Refusal" in plain(view.html("case", name="one", number=2))


def test_a_citation_of_a_case_leads_to_its_words(view: View) -> None:
    shown = view.html("case", name=view.run("one"), number=0)
    found = re.search(r'<a class="story mark" role="button" href="([^"]*)"', shown)
    assert found
    place = Place.from_href(plain(found[1]))
    assert place is not None
    baker = view.chatbot.shelf.story("baker.md")
    assert place.is_in(baker)
    assert baker.text[place.start : place.end] == GOLD


def test_a_story_that_says_something_else_now_is_no_link(view: View) -> None:
    view.run("one")
    changed = [replace(one, text=f"Well. {one.text}") for one in view.chatbot.shelf.stories]
    object.__setattr__(view.chatbot.shelf, "stories", tuple(changed))
    shown = view.html("case", name="one", number=0)
    assert 'class="story' not in shown
    assert "says other words here now" in shown


@pytest.mark.parametrize("number", [-1, 3, None, "0", 0.0, [0]])
def test_a_case_that_is_not_there_is_told(view: View, number: object) -> None:
    assert "no such case" in view.problem("case", name=view.run("one"), number=number)


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({}, [0, 1, 2]),
        ({"kind": "followup"}, [1]),
        ({"outcome": "rightly refused"}, [2]),
        ({"words": "SEVEN  months"}, [0]),
        ({"words": "rain", "kind": "single"}, []),
        ({"words": ["x"], "kind": None}, []),
    ],
)
def test_cases_are_found_by_type_outcome_and_words(view: View, asked: dict[str, object], numbers: list[int]) -> None:
    reply = view.ask("matching", name=view.run("one"), **asked)
    assert reply["numbers"] == numbers
    assert reply["told"] == f"{len(numbers)} of 3 cases"


def test_the_report_is_given_as_it_was_written(view: View) -> None:
    reply = view.ask("page", name=view.run("one"))
    assert reply == {"text": (view.runs / "one" / "report.html").read_text("utf-8"), "file": "one.html"}
    (view.runs / "one" / "report.html").unlink()
    assert "no report" in view.problem("page", name="one")


def test_two_runs_are_compared_in_words_and_a_picture(view: View) -> None:
    view.run("one")
    baker = view.chatbot.shelf.story("baker.md")
    worse: dict[str, Answer | BaseException] = {
        **view.chatbot.replies,
        "How long?": answered("How long?", [quoted(1, baker, "I sent forty applications")]),
    }
    view.run("two", replies=worse)
    shown = view.html("comparison", before="one", after="two")
    words = plain(shown)
    assert "Cases that got worse: 1" in words
    assert "gold_cited" in words
    assert shown.count("<svg") == 1
    pair = plain(view.html("pair", before="one", after="two", kind="worse", number=0))
    assert GOLD in pair
    assert "I sent forty applications" in pair
    for kind, number in (("worse", 1), ("better", 0), ("none", 0), (None, None)):
        assert "no such case" in view.problem("pair", before="one", after="two", kind=kind, number=number)


def test_what_cannot_be_compared_is_told(view: View) -> None:
    view.run("one")
    write_run(view.runs / "strange", [row("a")])
    assert "one and the same" in view.problem("comparison", before="one", after="one")
    assert "no case in common" in view.problem("comparison", before="one", after="strange")
    assert "no such run" in view.problem("comparison", before="one", after="none")


def test_a_run_is_read_again_only_when_it_has_changed(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    view.run("one")
    read = []
    real = Path.read_text

    def counted(self: Path, *arguments: Any, **named: Any) -> str:
        read.append(self.name)
        return real(self, *arguments, **named)

    monkeypatch.setattr(Path, "read_text", counted)
    for number in range(3):
        view.html("case", name="one", number=number)
    assert read.count("results.jsonl") == 1
    results = view.runs / "one" / "results.jsonl"
    results.write_text("".join(results.read_text("utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    assert "no such case" in view.problem("case", name="one", number=2)


def test_hostile_words_are_only_words(view: View) -> None:
    baker = story("baker.md", view.chatbot.shelf.story("baker.md").text)
    hostile = replace(
        answered("How long?", [quoted(1, baker, GOLD)]), text=f"{ATTACK} [1]", standalone=ATTACK, reason=ATTACK
    )
    view.run("one", replies={**view.chatbot.replies, "How long?": hostile, "And then?": ValueError(ATTACK)})
    results = view.runs / "one" / "results.jsonl"
    text = results.read_text("utf-8")
    results.write_text(text.replace("Rain tomorrow?", json.dumps(ATTACK)[1:-1]).replace('"c3"', json.dumps(ATTACK)))
    manifest = json.loads((view.runs / "one" / "manifest.json").read_text())
    manifest |= {"answerer": ATTACK, "started": ATTACK}
    manifest["sets"][0]["name"] = ATTACK
    (view.runs / "one" / "manifest.json").write_text(json.dumps(manifest))
    (view.runs / ATTACK.replace("/", "")).mkdir()
    shown = [view.html("runs"), view.html("run", name="one")]
    shown += [view.html("case", name="one", number=number) for number in range(3)]
    for markup in shown:
        assert set(TAGS.findall(markup)) <= OWN_TAGS
        assert "${" not in markup
        assert "{{" not in markup
    for number in (0, 1):
        assert inert(ATTACK) in shown[2 + number]
    assert inert(ATTACK) in shown[1]


def test_a_set_that_is_brought_in_is_chosen_at_once(view: View) -> None:
    shown = view.html("keep", name="mine.jsonl", text='{"question": "How long?", "answerable": false}')
    assert '<option value="kept&#47;mine&#46;jsonl" selected>' in shown
    assert "Mend the file" in view.problem("keep", name="mine.jsonl", text="{")


@pytest.fixture
def reader(tmp_path: Path) -> View:
    """The view where nothing may be changed."""
    return opened(tmp_path, editable=False)


def test_who_may_only_read_can_run_nothing(reader: View) -> None:
    reader.run("one")
    for want in ("begin", "resume", "stop", "keep"):
        assert reader.problem(want, set="beside/set.jsonl", name="one", text="x").strip() == READ_ONLY
    shown = reader.html("runs")
    assert 'data-want="begin"' not in shown
    assert 'data-want="run"' in shown
    assert not (reader.runs.parent / "kept").exists()


def test_an_error_nobody_thought_of_is_told_without_a_traceback(
    view: View, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("ui.evaluation_runs.summarise", broken)
    said = view.problem("run", name=view.run("one"))
    assert "secret" not in said
    assert "terminal" in said
    assert "ZeroDivisionError" in caplog.text


def test_a_view_that_cannot_be_opened_says_so(
    view: View, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ImportError("secret")

    view_opened = _Opened(cast("Site", None))
    monkeypatch.setattr("ui.evaluation_desk.Desk", broken)
    said = plain(view_opened.answer({"want": "runs"})["problem"])
    assert "nobody had thought of it" in said
    assert "secret" not in said
    assert "ImportError" in caplog.text
    monkeypatch.setattr("ui.evaluation_desk.Desk", lambda _: view.desk)
    assert "html" in view_opened.answer({"want": "runs"}), "it can be tried again"


def test_the_citations_of_an_answer_stand_together_so_that_the_reader_can_step_from_one_to_the_next(view: View) -> None:
    baker = view.chatbot.shelf.story("baker.md")
    twice = answered("How long?", [quoted(1, baker, GOLD), quoted(2, baker, "I sent forty applications")])
    view.run("one", replies={**view.chatbot.replies, "How long?": twice})
    shown = view.html("case", name="one", number=0)
    cites = shown[shown.index('<div class="cites">') : shown.index("</div>", shown.index("</ol>"))]
    hrefs = re.findall(r'<a class="story(?: mark)?" role="button" href="([^"]+)"', cites)
    assert len(set(hrefs)) == 2
    assert len(hrefs) == 4, "in the answer, and in the list below it"
