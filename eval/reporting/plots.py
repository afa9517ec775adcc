"""The plots of a run's report: by type, the way to the gold, risk and coverage, how well chances hold, seconds.

Each takes what summary.py found, or rows, and gives an SVG element, "" where there is nothing to draw. How a drawing
gets into a page is drawing.py's.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from eval.calibration import reliability
from eval.folder import Row
from eval.reporting.drawing import FAIR, GOOD, INK, LINE, LINK, QUIET, axis_name, drawing, element
from eval.reporting.figures import Report, Risk, TypeRow
from eval.reporting.summary import claims_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHANCE_BINS = 8
"""Bins of the plot of chances, of equal numbers of cases."""
FEWEST_CHANCES = 40
"""Cases below which a bin would tell of single cases."""
STAGE_COLOURS = {"retrieve": QUIET, "first": FAIR, "total": LINK}


def run_plots(report: Report, rows: Sequence[Row]) -> Mapping[str, str]:
    """Every plot of a run, by name."""
    return {
        "types": types_plot(report.types),
        "funnel": funnel_plot(report.funnel),
        "risk": risk_plot(report.risks),
        "chances": chances_plot(rows),
        "scores": scores_plot(rows),
        "seconds": seconds_plot(rows),
    }


def types_plot(types: Sequence[TypeRow]) -> str:
    """For each type the share of cases rightly decided, with its interval."""
    if not types:
        return ""
    with drawing(height=0.55 + 0.3 * len(types)) as (figure, axes):
        for place, one in enumerate(types):
            mean = one.metrics["decision_right"]
            axes.barh(place, mean.value or 0.0, height=0.55, color=LINK, alpha=0.75)
            if mean.low is not None and mean.high is not None:
                axes.plot([mean.low, mean.high], [place, place], color=INK, linewidth=1.2)
        axes.set_yticks(range(len(types)), [f"{axis_name(one.type.replace('_', ' '))} ({one.cases})" for one in types])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(len(types) - 0.4, -0.6)
        _percent(axes, "x")
        axes.grid(visible=False, axis="y")
        return element(figure, "Share of cases rightly answered or refused, by type, with 95 % intervals")


def funnel_plot(funnel: Mapping[str, float]) -> str:
    """The share of questions whose gold is among the first k passages, and how many answers cite it."""
    if not funnel:
        return ""
    with drawing() as (figure, axes):
        places = range(len(funnel))
        colours = [GOOD if name == "cited" else LINK for name in funnel]
        bars = axes.bar(places, list(funnel.values()), width=0.6, color=colours, alpha=0.75)
        axes.bar_label(bars, [f"{value:.0%}" for value in funnel.values()], color=INK, padding=2, fontsize=8)
        axes.set_xticks(places, [name.removeprefix("first ") for name in funnel])
        axes.set_xlabel("gold among the first so many passages, and cited by the answer")
        _percent(axes, "y", most=1.08)
        axes.grid(visible=False, axis="x")
        return element(figure, "Share of questions whose gold was retrieved by rank, and cited")


def risk_plot(risks: Sequence[Risk]) -> str:
    """The share without an answer in the stories, of the questions answered, as more are answered."""
    if not risks:
        return ""
    with drawing() as (figure, axes):
        axes.plot([one.coverage for one in risks], [one.risk for one in risks], "o-", color=LINK, markersize=4)
        axes.set_xlabel("share of questions answered, those with the best evidence first")
        axes.set_ylabel("of these without an answer")
        axes.set_ylim(0, max(0.1, *(one.risk * 1.15 for one in risks)))
        axes.yaxis.set_major_formatter(_as_percent)
        axes.xaxis.set_major_formatter(_as_percent)
        return element(figure, "Risk and coverage")


def chances_plot(rows: Sequence[Row]) -> str:
    """How often there was an answer, of questions whose evidence was given about the same chance."""
    weighed = [(row["chance"], float(row["answerable"])) for row in rows if row["chance"] is not None]
    return _reliability(weighed, "chance of an answer, as the evidence was weighed", "had an answer")


def scores_plot(rows: Sequence[Row]) -> str:
    """How often a language model as judge found claims supported that the scorer gave about the same score."""
    judged = [
        (claim["support"]["score"], opinion["verdicts"].count("supported") / len(opinion["verdicts"]))
        for row in rows
        if row["judge"]
        for opinion, claim in zip(row["judge"], claims_of(row), strict=True)
        if opinion["verdicts"] and claim["support"]
    ]
    return _reliability(judged, "score of a claim, as the scorer gave it", "supported, as the judge said")


def _reliability(pairs: Sequence[tuple[float, float]], across: str, up: str) -> str:
    """A reliability diagram of foretold chances and what came of them; "" of few, or where all came to the same."""
    if len(pairs) < FEWEST_CHANCES or len({came for _, came in pairs}) == 1:
        return ""
    curve = reliability([foretold for foretold, _ in pairs], [came for _, came in pairs], CHANCE_BINS)
    with drawing() as (figure, axes):
        axes.plot([0, 1], [0, 1], color=LINE, linewidth=1.2)
        axes.plot([one.forecast for one in curve], [one.observed for one in curve], "o-", color=LINK, markersize=4)
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        _percent(axes, "x")
        _percent(axes, "y")
        return element(figure, f"Reliability: {across}")


def seconds_plot(rows: Sequence[Row]) -> str:
    """The share of cases that were done within so many seconds, by stage."""
    stages = {
        stage: sorted(
            row["seconds"][stage] for row in rows if not row["error"] and row["seconds"].get(stage) is not None
        )
        for stage in STAGE_COLOURS
    }
    known = {stage: values for stage, values in stages.items() if len(values) > 1}
    if not known:
        return ""
    names = {"retrieve": "retrieved", "first": "first word", "total": "whole answer"}
    with drawing() as (figure, axes):
        for stage, values in known.items():
            axes.ecdf(values, color=STAGE_COLOURS[stage], label=names[stage])
        axes.set_xlabel("seconds")
        axes.set_ylabel("share of cases done")
        axes.set_xlim(left=0)
        _percent(axes, "y", most=1.02)
        axes.legend(frameon=False, labelcolor=INK, loc="lower right")
        return element(figure, "Share of cases done within so many seconds")


def _as_percent(value: float, _: object = None) -> str:
    return f"{value:.0%}"


def _percent(axes: "Axes", which: str, most: float = 1.02) -> None:
    """An axis of shares, from 0 to 100 %."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xlim if which == "x" else axes.set_ylim)(0, most)
    axis.set_ticks([0, 0.25, 0.5, 0.75, 1])
    axis.set_major_formatter(_as_percent)
