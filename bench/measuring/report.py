"""The report: results → `REPORT.md` and its plots. Every figure in it comes from the results; none stands here."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.measuring.bars import JUDGED_UP_TO, bars, bars_table
from bench.measuring.plots import draw
from bench.measuring.results import Results
from bench.measuring.stamp import gpu_sources
from bench.measuring.tables import SECTIONS, compared
from bench.measuring.view import View, table
from bench.start import ROOT
from index.first_look import EXACT_UP_TO

COMMAND = "make bench"
GPU = ROOT / "bench" / "gpu.json"
COMPARED = (
    "All have the same model. Crossroads reads the stories' own files, the peers the clean text that it extracted of "
    "them, which is no part of their building. Each splits and stores as its documentation begins:"
)
NOTES = {
    "Building": (
        "From files to what can be asked. Before the clock starts, everybody has loaded its model and built a made-up "
        "story somewhere else, so that nobody's imports and first passes are in it; the bare model's figure is its "
        "encoding alone, of Crossroads' own passages, which are cut for it. *Persisting* comes on top; Crossroads and "
        "LangChain's Chroma write to the disk while they build. *Never read* is the share of the chunks' tokens beyond "
        "what the model reads; LlamaIndexReadingAll is LlamaIndex told to make chunks of 200 tokens, 20 overlapping, "
        "which is meant to leave none, and stands in no other table. A chunk of Crossroads is kept with its sentences' "
        "vectors, tokens and words."
    ),
    "Building again": (
        "Crossroads: `python -m index build`, the whole process. The others build again, as in the tutorials that are "
        "followed here; what they offer for updates besides (LlamaIndex `refresh_ref_docs`, LangChain "
        "`langchain_core.indexing`, Haystack `DuplicatePolicy`) was not measured. *Reckoned* is a smaller library's "
        "build times the passages there are more. Libraries that are edited have made vectors; what is edited is "
        "embedded with the real model."
    ),
    "Retrieval": (
        "From a question to 20 chunks, embedded with the real model; everybody has the same passages and vectors. The "
        "others search by vectors alone. Everybody runs with the threads that its libraries take by themselves: where "
        "those of two wait for each other, as the bare one's torch and numpy do, times spread widely. The filter is a "
        "destination; other questions are asked with it than without. *Asked* are questions, without/with it: who is "
        "slow was asked fewer. *Found* are chunks, the median: of a certain person, Crossroads leaves out what others "
        "told. *Memory* is what the process holds after them, what "
        "it took to fill a store given back; the benchmark's own modules are in it, and of mapped files what was read: "
        "everybody's is counted so. The others hold passages and vectors, Crossroads all of its index. A million "
        "passages, where they were measured, were asked of Crossroads alone. What is "
        'found stands in [experiments](docs/experiments.md), under "Beside what people would use instead".'
    ),
    "Answers": (
        "Of Crossroads alone, with the default answerer; *refused* is the share that it does not answer. Below, all "
        "send the same messages to the same server."
    ),
    "People at once": (
        "Of Crossroads alone, at the page, once one person has asked as much as the one alone does. *Reading* are the "
        "seconds between an answer and the next question, on average. Who reads is in conversation, and few ask at the "
        "same moment; where nobody does, all ask at once, and again as soon as they are answered. One alone reads "
        "nothing. Seconds are those of questions that were answered; those that failed are counted, of all rounds."
    ),
    "Starting": (
        "Everybody finds the packages that it requires itself, and no others that are here: Gradio and scikit-learn "
        "import more where there is more. `python -m rag` and `app.py`, here and where memory is told, so have what "
        "`make app` installs. The others open the starter library as they keep it. Cold: nothing is in the page cache "
        "but what the benchmark itself runs on: Python, numpy, httpx and small libraries of Crossroads, 40 MB at most."
    ),
    "Importing": "Of Crossroads alone, as `make app` installs it, by package: the time of its own modules.",
    "Memory of the serving process": "Of Crossroads alone: `app.py` and what it started, after some answers.",
    "Growth": (
        "Figures of Crossroads by passages; the exponent b of passages^b is fitted to logarithms. The bar looks at "
        f"sizes up to {JUDGED_UP_TO:,}. *Memory* is that of the retrieval. A million passages, where they were "
        "measured, have vectors drawn at random, and one word's code a sentence: memory is reckoned without them. "
        f"Up to {EXACT_UP_TO:,} passages a question is compared with every vector; beyond, a first look chooses those "
        "that it is compared with: the dense half's method changes there."
    ),
}
"""What has to be known to read a section."""


def write_report(results: Results, into: Path, gpu: Path = GPU) -> Path:
    """Write the report and its plots into a folder; where it lies."""
    view, machine = View(results.read()), results.setting.machine
    drawn = draw(view, into / "plots")
    lines = [
        "# Crossroads beside what people would pick instead",
        "",
        *_head(results.setting.commit, machine, view.turns),
        COMPARED,
        "",
        *compared(),
        "## Bars",
        "",
        *bars_table(bars(view, str(machine.get("precision", "")))),
        *(f"![{shown}](plots/{file})" for shown, file in drawn.items()),
        "",
    ]
    for name, section in SECTIONS.items():
        lines += [f"## {name}", "", *([NOTES[name], ""] if name in NOTES else []), *section(view)]
    lines += ["## On a GPU", "", *_gpu(gpu), *_failed(view)]
    into.mkdir(parents=True, exist_ok=True)
    report = into / "REPORT.md"
    docs = Path(os.path.relpath(ROOT / "docs", into.resolve())).as_posix()
    report.write_text("\n".join(lines).rstrip().replace("](docs/", f"]({docs}/") + "\n", "utf-8")
    return report


def _head(commit: str, machine: Mapping[str, Any], rounds: int) -> list[str]:
    """The command, the machine, the commit, and how figures are told."""
    counted = "a single round" if rounds == 1 else f"up to {rounds} rounds"
    versions = ", ".join(f"{name} {version}" for name, version in machine.get("versions", {}).items())
    accelerator = machine.get("accelerator") or "no GPU"
    return [
        f"Written by `{COMMAND}`; do not edit. Commit {commit}.",
        "",
        f"{machine.get('processor')}, {machine.get('cores')} cores, {machine.get('memory_gib')} GiB of memory,",
        f"{accelerator}, {machine.get('system')}; Crossroads embeds in {machine.get('precision')}. {versions}.",
        "",
        f"All but what a GPU did was measured on this machine, in {counted}: in each, everybody has a turn, each in a",
        "process of its own, and every second time in the opposite order. What was measured in fewer rounds (*once*,",
        "*2 rounds*), and what of some alone, says so.",
        "Figures are medians of the rounds, [least-most] behind them; *of Crossroads*: how many times its own that is.",
        "",
    ]


def _gpu(file: Path) -> list[str]:
    """What `bench.gpu` wrote of each contestant; open where it did not."""
    if not file.is_file():
        return ["open: there is no `bench/gpu.json` yet; `python -m bench.gpu --json bench/gpu.json` writes it.", ""]
    told = json.loads(file.read_text("utf-8"))
    rows = [
        [model["model"], f"{model['device']}, {model['precision']}", f"{model['passages']:,}", name, *_rate(rate)]
        for model in told["models"]
        for name, rate in model["medians"].items()
    ]
    head = ["model", "on", "passages", "", "passages/s", "time of bare", "time of careful", "share of the limit"]
    versions = ", ".join(f"{name} {version}" for name, version in told["versions"].items())
    sources = told.get("sources", "unknown")
    since = "as they are" if sources == gpu_sources() else "changed since"
    note = (
        f"Measured apart: {versions}; sources {sources}, {since}. *Share of the limit*: tokens a second beside those "
        "that there would be if the model's matrix products, in the precision in use, were all there is to do."
    )
    return [note, "", *table(head, rows)]


def _rate(rate: Mapping[str, Any]) -> list[str]:
    limit = rate["share_of_limit"]
    times = [f"{rate[name]:.2f}" for name in ("time_of_bare", "time_of_careful")]
    return [f"{rate['passages']:,.0f}", *times, "–" if limit is None else f"{limit:.2f}"]


def _failed(view: View) -> list[str]:
    """The measurements that ended with an error."""
    if not view.failed:
        return []
    rows = [
        [one.measurement.name, ", ".join(map(str, one.measurement.arguments.values())), one.error]
        for one in view.failed
    ]
    return ["## Failed", "", *table(["measurement", "of", "error"], rows)]
