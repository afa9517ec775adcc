"""A scorer is measured against people's labels and corruptions; what is not defined is n/a, and misses can be read."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from eval import intervals
from eval.__main__ import main
from eval.validating.corruption import FORMS, Trial
from eval.validating.labels import Label, read_labels
from eval.validating.report import ScorerReport, as_json, least_figures, page, print_scorer_report
from eval.validating.validation import Perturbation, agreement, perturbation
from index.errors import EvalError
from rag.grounding import Support, Verdict
from tests.language_model import ScriptedModel, spoken
from tests.library import write_library

BREAD = "I baked bread in Lyon for eleven years."
ATTACK = "<script>alert(1)</script> [bold]{{ 7*7 }}"


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interval's ends need not be exact here, and each draw is a call of scikit-learn's."""
    monkeypatch.setattr(intervals, "SLOW_RESAMPLES", 99)


def support(score: float) -> Support:
    verdict: Verdict = "supported" if score >= 0.8 else "partly" if score >= 0.5 else "unsupported"
    return Support(score, verdict)


def labelled(*supported: bool) -> list[Label]:
    return [Label(f"s{place}", (BREAD,), one, f"g{place % 5}") for place, one in enumerate(supported)]


def trial(kind: str = "", form: str = FORMS[1], place: int = 0) -> Trial:
    return Trial(kind, form, f"story{place % 5}", f"sentence {place}", BREAD, f"original {place}")


def tried(true: Sequence[float], false: Sequence[float], kind: str = "number") -> Perturbation:
    trials = [trial(place=place) for place in range(len(true))]
    trials += [trial(kind, place=place) for place in range(len(false))]
    return perturbation(trials, [support(score) for score in [*true, *false]])


def test_a_scorer_that_is_always_right_has_every_figure_at_its_best() -> None:
    found = agreement(labelled(*[True, False] * 10), [support(1.0), support(0.0)] * 10)
    values = {name: figure.value for name, figure in found.figures.items()}
    assert values == {
        "auc": 1.0,
        "balanced_accuracy": 1.0,
        "balanced_accuracy_partly": 1.0,
        "calibration_error": 0.0,
        "brier": 0.0,
    }
    assert (found.verdicts["supported"].value, found.verdicts["unsupported"].value) == (1.0, 0.0)
    assert (found.sentences, found.supported, found.groups) == (20, 10, 5)


def test_figures_are_those_of_their_definitions() -> None:
    found = agreement(labelled(True, False, True, False), [support(score) for score in (0.9, 0.85, 0.6, 0.1)])
    values = {name: figure.value for name, figure in found.figures.items()}
    assert values["auc"] == 0.75
    assert values["balanced_accuracy"] == 0.5
    assert values["balanced_accuracy_partly"] == 0.75
    assert values["brier"] == pytest.approx((0.1**2 + 0.85**2 + 0.4**2 + 0.1**2) / 4)
    assert values["calibration_error"] == pytest.approx((0.1 + 0.85 + 0.4 + 0.1) / 4)
    assert [one.observed for one in found.curve] == [0.0, 1.0, 0.0, 1.0]


def test_labels_of_one_kind_alone_have_no_auc_and_the_report_says_so() -> None:
    found = agreement(labelled(True, True, True), [support(0.9)] * 3)
    assert found.figures["auc"].value is None
    assert found.figures["balanced_accuracy"].value is None
    assert found.verdicts["partly"].value is None
    report = ScorerReport("words", 0.0, tried([0.9] * 10, [0.1]), found)
    assert "n/a" in page(report)
    assert "nan" not in page(report).casefold().replace("finance", "")
    assert "NaN" not in json.dumps(as_json(report))


def test_an_interval_keeps_groups_together_and_holds_its_figure() -> None:
    pattern = [True, False, True, True, True, False, True] * 6
    found = agreement(labelled(*pattern), [support(0.9 if place % 3 else 0.2) for place in range(42)])
    for name in ("auc", "balanced_accuracy", "brier"):
        figure = found.figures[name]
        assert figure.low is not None
        assert figure.high is not None
        assert figure.value is not None
        assert figure.low <= figure.value <= figure.high, name


def test_corruptions_are_caught_below_the_score_that_a_tenth_of_the_true_ones_miss() -> None:
    found = tried([0.7, *[0.95] * 9], [0.94, 0.85, 0.6, 0.96])
    assert found.threshold == 0.95
    number = next(one for one in found.catches if one.kind == "number" and one.form == FORMS[1])
    assert (number.at_product.value, number.at_false_alarms.value) == (0.25, 0.75)
    assert found.alarms[FORMS[1]].value == 0.1
    assert found.alarms[FORMS[0]].value is None


def test_without_retold_sentences_there_is_no_threshold_to_compare_at() -> None:
    found = perturbation([trial(form=FORMS[0]), trial("name", FORMS[0])], [support(0.9), support(0.1)])
    assert found.threshold is None
    name = next(one for one in found.catches if one.kind == "name" and one.form == FORMS[0])
    assert (name.at_product.value, name.at_false_alarms.value) == (1.0, None)


def test_misses_are_those_that_pass_with_the_most_middling_scores_of_several_stories() -> None:
    found = tried([0.95] * 10, [0.81, 0.9, 0.9, 0.91, 0.92, 0.99, 0.9, 0.1])
    assert [miss.score for miss in found.misses] == [0.9, 0.9, 0.91, 0.92, 0.81]
    assert len({miss.trial.story for miss in found.misses}) == 5


def test_every_text_of_a_page_is_escaped_and_nothing_comes_from_outside() -> None:
    misses = tried([0.95] * 10, [0.9])
    attack = replace(misses.misses[0], trial=replace(misses.misses[0].trial, sentence=ATTACK, story=ATTACK))
    shown = page(ScorerReport(ATTACK, 0.0, replace(misses, misses=(attack,))))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "http" not in shown.replace("http-equiv", "")
    printed = io.StringIO()
    print_scorer_report(ScorerReport("words", 0.0, replace(misses, misses=(attack,))), Console(file=printed, width=100))
    assert ATTACK in printed.getvalue()


def test_thresholds_can_be_set_for_what_was_measured() -> None:
    report = ScorerReport("words", 0.0, tried([0.9] * 10, [0.1]))
    assert "auc" not in least_figures(report)
    assert least_figures(report)["caught_number"].value == 1.0
    assert least_figures(report)["caught_wrong_story"].value is None


def test_labels_are_read_from_lines_and_from_tables(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"sentence": "It took a year.", "passages": ["a", "b"], "supported": true, "group": "g", "kind": "k"}\n\n'
        '{"sentence": "It was far.", "passage": "a", "supported": false}\n'
    )
    with (tmp_path / "b.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerows(
            [
                ["sentence", "passage", "passages", "supported", "group"],
                ["It took a year.", "a, b", "", "yes", "g"],
                ["It was far.", "", '["a", "b"]', "FALSE", ""],
            ]
        )
    assert read_labels([tmp_path / "a.jsonl", tmp_path / "b.csv"]) == [
        Label("It took a year.", ("a", "b"), True, "g", "k"),
        Label("It was far.", ("a",), False, "a.jsonl:3"),
        Label("It took a year.", ("a, b",), True, "g"),
        Label("It was far.", ("a", "b"), False, "b.csv:3"),
    ]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('{"passages": ["a"], "supported": true}', "sentence"),
        ('{"sentence": "s", "passages": [], "supported": true}', "passages"),
        ('{"sentence": "s", "passages": ["a"], "supported": "yes"}', "supported"),
        ("nonsense", "sentence"),
    ],
)
def test_a_broken_line_is_named_with_its_field(line: str, field: str, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(f'{{"sentence": "s", "passage": "a", "supported": true}}\n{line}\n')
    with pytest.raises(EvalError, match=rf"a\.jsonl, line 2, field {field}"):
        read_labels([file])


@pytest.mark.parametrize("cell", ['"It was "far, b,yes', '"It was far,b,yes'], ids=["goes on", "never closed"])
def test_a_quotation_mark_out_of_place_swallows_no_rows(cell: str, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(f"sentence,passage,supported\nOne.,a,yes\n{cell}\n" + "Two.,a,yes\n" * 20_000)
    with pytest.raises(EvalError, match=r"labels\.csv, line \d+: .*is written twice"):
        read_labels([file])


def test_a_file_that_is_not_there_empty_or_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe")
    for name, what in (("none.jsonl", "cannot be read"), ("empty.jsonl", "no labelled"), ("bytes.csv", "UTF-8")):
        with pytest.raises(EvalError, match=what):
            read_labels([tmp_path / name])


def test_the_command_writes_a_report_and_fails_below_a_threshold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stories, labels, out = write_library(tmp_path / "stories"), tmp_path / "labels.jsonl", tmp_path / "out"
    labels.write_text(
        "\n".join(
            json.dumps({"sentence": sentence, "passage": BREAD, "supported": good})
            for sentence, good in (("They baked bread for eleven years.", True), ("Pilots rent yachts.", False))
        )
    )
    command = ["validate-scorer", "--stories", str(stories), "--data", str(labels), "--out", str(out)]
    assert main([*command, "--fail-under", "auc=0.9", "caught_wrong_story=0.5"]) == 0
    assert "Corruptions caught" in capsys.readouterr().out
    found = json.loads((out / "scorer.json").read_text())
    assert found["agreement"]["figures"]["auc"]["value"] == 1.0
    assert "<svg" in (out / "scorer.html").read_text()
    first = (out / "scorer.json").read_text()
    assert main([*command, "--fail-under", "caught_negation=1", "auc=1"]) == 1
    assert "caught_negation is" in capsys.readouterr().err
    again = (out / "scorer.json").read_text()
    assert {**json.loads(first), "seconds": 0} == {**json.loads(again), "seconds": 0}


def test_a_language_model_is_measured_in_the_scorers_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedModel(spoken("UNSUPPORTED")) as model:
        monkeypatch.setenv("CROSSROADS_LLM_BASE_URL", model.url)
        places = ["--stories", str(write_library(tmp_path / "stories")), "--out", str(tmp_path / "out")]
        assert main(["validate-scorer", *places, "--judge", "openai:doubting", "--count", "4"]) == 0
    assert "openai:doubting" in capsys.readouterr().out
    alarms = json.loads((tmp_path / "out" / "scorer.json").read_text())["perturbation"]["alarms"]
    assert alarms["word for word"]["value"] == 1.0
    assert len(model.requests) > 4


def test_what_cannot_be_measured_is_said_before_anything_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stories = write_library(tmp_path / "stories")
    assert main(["validate-scorer", "--stories", str(tmp_path / "none")]) == 2
    assert main(["validate-scorer", "--stories", str(stories), "--data", str(tmp_path / "none.jsonl")]) == 2
    assert "none.jsonl" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["validate-scorer", "--stories", str(tmp_path / "empty")]) == 2
    assert "no story" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["validate-scorer", "--fail-under", "auc=2"])
