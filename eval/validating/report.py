"""The report on a scorer: tables for a terminal, JSON, and a page. Knows nothing of how its figures come about."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.calibration import Bin
from eval.reporting.drawing import LINE, LINK, drawing, element
from eval.reporting.figures import shown
from eval.reporting.pages import rendered
from eval.validating.corruption import FORMS
from eval.validating.validation import FALSE_ALARMS, Agreement, Figure, Perturbation

FIGURES = {
    "auc": "Area under the ROC curve: a supported sentence is scored above an unsupported one",
    "balanced_accuracy": "Balanced accuracy of the verdict “supported”",
    "balanced_accuracy_partly": "Balanced accuracy of the verdicts “supported” and “partly”",
    "calibration_error": "Expected calibration error; the less, the better",
    "brier": "Brier score; the less, the better",
}
"""The figures of agreement, and what they say in a few words."""


@dataclass(frozen=True)
class ScorerReport:
    """What a scorer is worth, by its name. `agreement` is None without labels of people."""

    scorer: str
    seconds: float
    perturbation: Perturbation
    agreement: Agreement | None = None


def least_figures(report: ScorerReport) -> dict[str, Figure]:
    """The figures that thresholds can be set for, by name: of all of these, more is better."""
    caught = {
        f"caught_{one.kind.replace(' ', '_')}": one.at_false_alarms
        for one in report.perturbation.catches
        if one.form == FORMS[1]
    }
    if report.agreement is None:
        return caught
    of_people = {name: report.agreement.figures[name] for name in ("auc", "balanced_accuracy")}
    return {**caught, **of_people, "precision_of_supported": report.agreement.verdicts["supported"]}


def as_json(report: ScorerReport) -> dict[str, Any]:
    """The report for other programs."""
    return asdict(report)


def print_scorer_report(report: ScorerReport, console: Console) -> None:
    """Print the tables of a report."""
    if report.agreement:
        _print_agreement(report.agreement, console)
    _print_perturbation(report.perturbation, console)
    for kind, misses in _misses_by_kind(report.perturbation).items():
        console.print(f"\nMissed, {kind}:")
        for miss in misses:
            console.print(f"  {miss['score']:.2f} {escape(miss['sentence'])}", soft_wrap=True)
            console.print(f"       [dim]{escape(miss['told'])}[/dim]", soft_wrap=True)
    console.print(f"\n{report.scorer}: {report.seconds:.1f} s", soft_wrap=True)


def page(report: ScorerReport) -> str:
    """The whole report as one HTML page that asks nothing from outside; every text in it is escaped."""
    return rendered(
        "validating/scorer.html.j2",
        {
            "report": report,
            "labels": FIGURES,
            "forms": FORMS,
            "share": FALSE_ALARMS,
            "plot": reliability_plot(report.agreement.curve) if report.agreement else "",
            "misses": _misses_by_kind(report.perturbation),
            "cell": cell,
            "shown": shown,
        },
    )


def reliability_plot(curve: tuple[Bin, ...]) -> str:
    """How often people found sentences supported, by the score they got; on the diagonal, a score is a chance."""
    with drawing() as (figure, axes):
        axes.plot([0, 1], [0, 1], color=LINE, linewidth=1.2)
        axes.plot([one.forecast for one in curve], [one.observed for one in curve], "o-", color=LINK, markersize=4)
        axes.set_xlabel("score")
        axes.set_ylabel("found supported by people")
        axes.set_xlim(0, 1.02)
        axes.set_ylim(0, 1.02)
        return element(figure, "Reliability of the scorer: share found supported by people, by score")


def cell(figure: Figure) -> str:
    """A figure with its interval, for people."""
    if figure.low is None or figure.high is None:
        return shown(figure.value)
    return f"{shown(figure.value)} ({shown(figure.low)}–{shown(figure.high)})"


def _print_agreement(found: Agreement, console: Console) -> None:
    title = f"Against people: {found.sentences} sentences, {found.supported} supported, {found.groups} groups"
    table = _table(title, ("figure", "what it says"), ("value (95 % interval)",))
    for name, figure in found.figures.items():
        table.add_row(name, FIGURES[name], cell(figure))
    console.print(table)
    table = _table("Of each verdict", ("verdict",), ("sentences", "found supported by people"))
    for verdict, figure in found.verdicts.items():
        table.add_row(verdict, str(figure.count), cell(figure))
    console.print(table)


def _print_perturbation(found: Perturbation, console: Console) -> None:
    alarms = ", ".join(f"{form} {shown(figure.value)}" for form, figure in found.alarms.items())
    title = f"Corruptions caught: {found.trials} trials from {found.stories} stories"
    names = ("trials", "at the product's threshold", f"at {FALSE_ALARMS:.0%} false alarms")
    table = _table(title, ("form", "kind"), names)
    for one in found.catches:
        table.add_row(one.form, one.kind, str(one.at_product.count), cell(one.at_product), cell(one.at_false_alarms))
    console.print(table)
    console.print(
        f"True sentences not called supported by the product: {alarms}. "
        f"{FALSE_ALARMS:.0%} of those retold have a score below {shown(found.threshold)}."
    )


def _table(title: str, words: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    table = Table(box=box.SIMPLE, title=title, title_justify="left")
    for name in words:
        table.add_column(name)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _misses_by_kind(found: Perturbation) -> Mapping[str, list[dict[str, Any]]]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for kind, miss in _told(found):
        kinds.setdefault(kind, []).append(miss)
    return kinds


def _told(found: Perturbation) -> Iterator[tuple[str, dict[str, Any]]]:
    for miss in found.misses:
        trial = miss.trial
        yield (
            trial.kind,
            {
                "score": miss.score,
                "story": trial.story,
                "sentence": trial.sentence,
                "told": trial.passage.strip() if trial.kind == "wrong story" else trial.original,
            },
        )
