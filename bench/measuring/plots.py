"""The report's plots, as PNG files. Each is left out where what it shows was not measured."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bench.contestants import CONTESTANTS, OURS
from bench.measuring.tables import GROWING, by_size
from bench.measuring.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(view: View, folder: Path) -> dict[str, str]:
    """Draw all into a folder: the names of the files by what they show."""
    from matplotlib.figure import Figure

    drawn = {}
    for name, (shown, plot) in PLOTS.items():
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        if plot(view, axes):
            folder.mkdir(parents=True, exist_ok=True)
            figure.savefig(folder / f"{name}.png", dpi=120, metadata={"Software": None})
            drawn[shown] = f"{name}.png"
    return drawn


def _builds(view: View, axes: "Axes") -> bool:
    sizes = [one for one in view.known("build", "stories") if view.median("build", "seconds", name=OURS, stories=one)]
    for place, stories in enumerate(sizes):
        ours = view.median("build", "seconds", name=OURS, stories=stories) or 1.0
        for shift, name in enumerate(CONTESTANTS):
            seconds = view.median("build", "seconds", name=name, stories=stories)
            if seconds is not None:
                label = name if place == 0 else None
                axes.bar(place + 0.16 * (shift - 2), seconds / ours, width=0.15, color=f"C{shift}", label=label)
    axes.set_xticks(range(len(sizes)), [f"{one:,} stories" if one else "starter stories" for one in sizes])
    axes.set_ylabel("seconds of a first build, Crossroads' being 1")
    return _finished(axes)


def _retrieval(view: View, axes: "Axes") -> bool:
    for number, name in enumerate(CONTESTANTS):
        for figure, style in (("plain.p50", "o-"), ("filtered.p50", "o:")):
            found = by_size(view, figure, name)
            if found:
                label = name if figure == "plain.p50" else None
                axes.plot(list(found), list(found.values()), style, color=f"C{number}", label=label)
    axes.set_ylabel("milliseconds, median (dotted: filtered)")
    return _by_passages(axes)


def _growth(view: View, axes: "Axes") -> bool:
    for name, (figure, _) in GROWING.items():
        found = by_size(view, figure) if name.endswith(", ms") else {}
        if found and min(found.values()) > 0:
            axes.plot(list(found), list(found.values()), "o-", label=name.removesuffix(", ms"))
    axes.set_ylabel("milliseconds, Crossroads")
    return _by_passages(axes)


def _by_passages(axes: "Axes") -> bool:
    axes.set_xlabel("passages")
    axes.set_xscale("log")
    axes.set_yscale("log")
    return _finished(axes)


def _finished(axes: "Axes") -> bool:
    """Whether anything was drawn; if so, it gets its legend."""
    if not axes.has_data():
        return False
    axes.grid(alpha=0.3)
    axes.legend(
        fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False
    )  # above, it covers nothing
    return True


PLOTS: Mapping[str, tuple[str, Callable[[View, "Axes"], bool]]] = {
    "builds": ("First builds", _builds),
    "retrieval": ("Retrieval by size of the library", _retrieval),
    "growth": ("Where Crossroads' time goes, by size of the library", _growth),
}
"""The plots by their files' names: what each shows, and what draws it."""
