"""bench.everything: what was measured is told beside its bar, what was not is said; a stopped run goes on, unmixed."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.contestants import BUILT, CONTESTANTS, OURS, Chunk, Passages
from bench.contestants.bare import Bare, nearest
from bench.gpu import medians
from bench.measuring.fit import exponent, is_logarithmic, reached_at
from bench.measuring.imports import by_package
from bench.measuring.made import MILLION, has_room_for_million, index_at
from bench.measuring.plan import PARTS, SMALL, Sizes, measurements
from bench.measuring.report import write_report
from bench.measuring.results import Result, Results, Setting
from bench.measuring.stamp import gpu_sources
from bench.measuring.users import told_of
from bench.measuring.view import ratio, spread
from bench.start import ROOT
from tests.measured import BUILDS, HERE, REBUILDS, asked, built, report_of, result


def test_an_exponent_is_found_again_and_says_where_a_limit_lies() -> None:
    figures = {size: 3 * size**0.5 for size in (1000, 10_000, 100_000)}
    assert exponent(figures) == pytest.approx(0.5)
    assert exponent({1000: 4.0}) is None
    assert exponent({1000: 0.0, 2000: 1.0}) is None
    assert reached_at({1000: 2.0, 2000: 1.0}, 5) is None
    assert reached_at({1000: 2.0}, 5) is None
    assert reached_at({10: 9.0, 1000: 10.0, 3000: 20.0}, 50) == pytest.approx(9000)


def test_what_grows_with_the_logarithm_is_told_from_what_grows_faster() -> None:
    sizes = (1000, 10_000, 100_000)
    assert is_logarithmic({size: math.log(size) for size in sizes}, 0.01)
    assert is_logarithmic({size: size / 1000 for size in sizes}, 0.5) is False
    assert is_logarithmic({1000: 1, 10_000: 2, 20_000: 2}, 0.5) is None


def test_the_report_tells_medians_ranges_ratios_and_what_is_missing(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        *BUILDS,
        *REBUILDS,
        asked(OURS, 1000, 30),
        asked("Haystack", 1000, 45),
        result("start", {"open": "needs root"}, what="app.py", cold=True),
        result("users", {}, error="it fell over", users=20, think=6.0),
        result("answer", {"p50": 30.0, "p95": 40.0, "asked": 200, "refused": 0.25}, passages=1000),
    )
    assert "Commit abc123" in report
    assert "a processor, 2 cores" in report
    assert "| Crossroads | 8,000 | 50.0 [40.0-60.0] | 1.00 × |" in report
    assert "| Haystack (once) | 8,000 | 40.0 | 0.80 × | 0.50 | 900 | 1.0 | 25 % |" in report
    assert "| LangChain (once) | 8,000 | 200.0 | 4.00 × | in its building | 900 | 1.0 | 25 % |" in report
    assert "| 10,000 | Haystack (once) | 400 (reckoned) | 400 (reckoned) | 200.00 × | 40.00 × |" in report
    assert "| 1,000 | Haystack (once) | 45.0 | 1.50 × | 90.0 | 45.0 | 90.0 | 500 | 200 | 20 |" in report
    assert "| 1,000 (once) | 30.0 | 40.0 | 200 | 25 % |" in report
    assert "| app.py | first words | not measured |  | open: needs root (once) |  |" in report
    assert "open: there is no `bench/gpu.json` yet" in report
    assert "| users | 20, 6.0 | it fell over |" in report
    assert (tmp_path / "report" / "plots" / "retrieval.png").stat().st_size > 0
    assert "![Retrieval by size of the library](plots/retrieval.png)" in report
    (link,) = re.findall(r"\[experiments\]\((.*?)\)", report)
    assert (tmp_path / "report" / link).resolve() == ROOT / "docs" / "experiments.md"


def test_the_report_tells_its_rounds_and_what_was_measured_in_fewer(tmp_path: Path) -> None:
    report = report_of(tmp_path, *BUILDS[:3], built("Bare", 150), built("Bare", 150, number=1), *REBUILDS)
    assert "in up to 3 rounds: in each, everybody has a turn" in report
    assert "| Crossroads | 8,000 | 50.0 [40.0-60.0] |" in report
    assert "| Bare (2 rounds) | 8,000 |" in report
    assert "| 10,000 | Crossroads (once) |" in report
    assert "| ≤ 0.5 × (bfloat16 here) | 0.33 × (2 rounds) | kept |" in report


def test_questions_that_failed_are_counted_in_every_round_and_have_no_time(tmp_path: Path) -> None:
    failed, slow = ({"first": first, "last": 2.0, "error": error} for first, error in ((0.0, "it broke"), (1.0, "")))
    figures = told_of([slow, failed, slow])
    assert figures == {"asked": 3, "failed": 1, "first p50": 1.0, "first p95": 1.0, "last p50": 2.0}
    assert told_of([failed]) == {"asked": 1, "failed": 1}
    rounds = enumerate((figures, told_of([slow]), told_of([slow])))
    report = report_of(
        tmp_path,
        *(
            result("users", {"together": own, "alone": told_of([slow])}, number, users=20, think=0.0)
            for number, own in rounds
        ),
    )
    assert "| 2.000 [2.000-2.000] | 1.00 × | 1 of 5 | 0 of 3 |" in report


def test_people_in_conversation_and_people_who_ask_at_the_same_moment_are_told_apart(tmp_path: Path) -> None:
    wanted = [tuple(one.arguments.values()) for one in measurements(Sizes(rounds=1), ["users"])]
    assert wanted == [(1, 6, 0.0), (5, 6, 6.0), (5, 6, 0.0), (20, 6, 6.0), (20, 6, 0.0)]
    slow, fast = ({"asked": 1, "failed": 0, "first p50": p50, "first p95": 2, "last p50": 3} for p50 in (0.9, 0.1))
    found = [
        result("users", {"together": own, "alone": fast}, users=20, think=think)
        for own, think in ((slow, 0.0), (fast, 6.0))
    ]
    report = report_of(tmp_path, *found)
    assert "| 20 | 6 | 0.100 |" in report
    assert "| 20 | 0 | 0.900 |" in report


def test_a_million_passages_are_told_of_crossroads_alone(tmp_path: Path) -> None:
    report = report_of(tmp_path, asked(OURS, 1000, 30), asked("Haystack", 1000, 45), asked(OURS, MILLION, 90))
    assert "| 1,000,000 | Crossroads | 90.0 | 1.00 × |" in report
    assert "| 1,000,000 | Haystack" not in report
    assert "|  | 1,000 | 1,000,000 | exponent |" in report
    assert "were asked of Crossroads alone" in report


def test_memory_is_reckoned_without_a_million_passages_whose_sentences_have_one_code_each(tmp_path: Path) -> None:
    sizes = {10_000: 1000, 100_000: 1900, MILLION: 2000}
    found = [asked(OURS, size, size / 10_000, resident=held) for size, held in sizes.items()]
    report = report_of(tmp_path, *found)
    assert "8 GiB of memory: at 730,000 passages (reckoned: each passage more as between 10,000 and 100,000)" in report
    assert "a second: at 10,000,000 passages (reckoned: each passage more as between 100,000 and 1,000,000)" in report


def test_the_report_says_who_is_compared_and_imports_none_of_them(tmp_path: Path) -> None:
    report = report_of(tmp_path)
    assert "| Crossroads | sentences up to about 110 words | its index folder; exact up to 10,000 passages" in report
    assert "| Haystack | 200 words | InMemoryDocumentStore; exact |" in report
    libraries = ("llama_index", "haystack", "langchain_chroma", "sentence_transformers")
    code = (
        f"import sys; from bench.measuring.tables import compared; compared(); print(sys.modules.keys() & {libraries})"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


def test_a_report_of_nothing_says_so(tmp_path: Path) -> None:
    report = write_report(Results(tmp_path / "results.jsonl", HERE), tmp_path).read_text("utf-8")
    assert "| kept |" not in report
    assert "Not measured." in report
    assert "![" not in report


def test_what_a_gpu_measured_is_told(tmp_path: Path) -> None:
    figures: dict[str, Any] = {
        "passages": 100,
        "tokens": 10_000,
        "limit": 50_000.0,
        "seconds": {"bare": [2.0, 4.0, 3.0], "careful": [2.0], "embedder": [1.0]},
        "counts": {"bare": 100, "careful": 100, "embedder": 100},
    }
    told = {**figures, "model": "a model", "device": "a GPU", "precision": "float16", "medians": medians(figures)}
    gpu = tmp_path / "gpu.json"

    def report(**more: str) -> str:
        gpu.write_text(json.dumps({"versions": {"torch": "2.13.0"}, "models": [told], **more}), "utf-8")
        return write_report(Results(tmp_path / "results.jsonl", HERE), tmp_path, gpu).read_text("utf-8")

    assert "| a model | a GPU, float16 | 100 | bare | 33 | 1.00 | 1.50 | 0.07 |" in report()
    assert "| a model | a GPU, float16 | 100 | embedder | 100 | 0.33 | 0.50 | 0.20 |" in report()
    assert "torch 2.13.0; sources unknown, changed since" in report()
    assert f"sources {gpu_sources()}, as they are" in report(sources=gpu_sources())


def test_a_stopped_run_goes_on_with_what_is_outstanding(tmp_path: Path) -> None:
    results = Results(tmp_path / "results.jsonl", HERE)
    wanted = measurements(SMALL, ["build"])
    results.add(Result(wanted[0], {"seconds": 1.0}))
    results.add(Result(wanted[1], {}, "it fell over"))
    assert results.outstanding(wanted) == wanted[1:]
    results.add(Result(wanted[1], {"seconds": 2.0}))
    with (tmp_path / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"name": "build", "argu')  # killed while it wrote
    assert results.outstanding(wanted) == wanted[2:]
    results.add(Result(wanted[2], {"seconds": 3.0}))
    assert [one.figures["seconds"] for one in results.read()] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("other", [Setting("def456", HERE.machine), Setting(HERE.commit, {"processor": "another"})])
def test_what_another_commit_or_machine_made_is_not_mixed_in(tmp_path: Path, other: Setting) -> None:
    file = tmp_path / "results.jsonl"
    wanted = measurements(SMALL, ["users"])
    Results(file, other).add(Result(wanted[0], {"seconds": 1.0}))
    assert Results(file, HERE).outstanding(wanted) == wanted
    Results(file, HERE).add(Result(wanted[0], {"seconds": 2.0}))
    assert [one.figures["seconds"] for one in Results.latest(file).read()] == [2.0]


def test_a_million_passages_want_disk_for_what_is_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def disk_usage(folder: Path) -> SimpleNamespace:
        asked.append(folder)
        return SimpleNamespace(free=free)

    monkeypatch.setattr("shutil.disk_usage", disk_usage)
    made, free = tmp_path / "out" / "made", 19e9
    assert not has_room_for_million(made)
    assert asked == [tmp_path]
    free = 21e9
    assert has_room_for_million(made)
    index_at(made, MILLION).mkdir(parents=True)
    (index_at(made, MILLION) / "half").write_bytes(bytes(1000))
    free = 20e9 - 1000
    assert has_room_for_million(made)
    free = 20e9 - 1001
    assert not has_room_for_million(made)


def test_in_a_round_everybody_has_a_turn_and_nothing_is_measured_twice() -> None:
    found = measurements(Sizes(), list(PARTS))
    starter = [one for one in found if one.name == "build" and one.arguments["stories"] == 0]
    assert [one.arguments["name"] for one in starter] == [*BUILT, *reversed(BUILT), *BUILT]
    asked = [one.arguments["name"] for one in found if one.name == "ask" and one.arguments["passages"] == 1_000]
    assert asked == [*CONTESTANTS, *reversed(CONTESTANTS), *CONTESTANTS]
    warm = [one.arguments["what"] for one in found if one.name == "start" and not one.arguments["cold"]]
    assert warm[: len(warm) // 3] == warm[len(warm) // 3 : 2 * len(warm) // 3][::-1] == warm[2 * len(warm) // 3 :]
    keys = [(one.name, tuple(one.arguments.items()), one.round) for one in found]
    assert len(set(keys)) == len(keys)


def test_the_bare_contestant_finds_the_nearest_among_those_that_lead_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def encoded(_: Bare, texts: list[str]) -> Any:
        return np.array([[1.0, 0.0]] * len(texts))

    monkeypatch.setattr(Bare, "__init__", lambda _: None)
    monkeypatch.setattr(Bare, "_encoded", encoded)
    bare, vectors = Bare(), np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    bare.fill(Passages(["a.md", "b.md", "c.md"], ["one", "two", "three"], ["nurse", "cook", "cook"], vectors))
    assert bare.find("?", "?", 2) == [Chunk("a.md", "one", None), Chunk("b.md", "two", None)]
    assert bare.find("?", "?", 20, to="cook") == [Chunk("b.md", "two", None), Chunk("c.md", "three", None)]
    assert bare.find("?", "?", 1, to="cook") == [Chunk("b.md", "two", None)]


def test_the_nearest_rows_are_those_of_a_full_sort() -> None:
    chance = np.random.default_rng(7)
    vectors, vector = chance.standard_normal((50, 4)), chance.standard_normal(4)
    assert nearest(vectors, vector, 5) == np.argsort(-(vectors @ vector))[:5].tolist()


def test_import_times_are_summed_by_package() -> None:
    told = "import time: self [us] | cumulative | imported package\nimport time:  1500 |  2000 |   torch.nn\n"
    assert by_package(f"{told}import time:   500 |   500 | torch\nsomething else\n") == {"torch": 0.002}


def test_figures_are_written_with_their_range_and_ratio() -> None:
    assert spread([3.0]) == "3.0"
    assert spread([3.0, 1.0, 2000.0], 0) == "3 [1-2,000]"
    assert (ratio(3.0, 2.0), ratio(None, 2.0), ratio(3.0, None)) == ("1.50 ×", "–", "–")
