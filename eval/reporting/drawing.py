"""A matplotlib figure → an SVG element that follows a page's colours, light and dark, and asks nothing from outside.

Owns the colours that plots draw with, and what of a drawing goes into a page. Knows nothing of what is drawn. The same
figure gives the same bytes. Words of others are drawn as they stand: no mark in them means anything to matplotlib.
"""

import html
import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, LINE, LINK, GOOD, FAIR, BAD = (f"#0{number}0{number}0{number}" for number in range(1, 8))
"""Colours to draw with: no drawing would have them by itself, so each can be told in the finished one."""
VARIABLES = {INK: "ink", QUIET: "quiet", LINE: "line", LINK: "link", GOOD: "good", FAIR: "fair", BAD: "bad"}
"""The page's own, by the names of its CSS variables."""
LONGEST_NAME = 32
"""Characters of a name beside an axis: a longer one would leave the drawing no room."""

_ONE_AT_A_TIME = threading.RLock()  # since matplotlib's settings are the whole process's


@contextmanager
def drawing(width: float = 5.0, height: float = 2.6) -> "Iterator[tuple[Figure, Axes]]":
    """A figure of so many inches with one pair of axes, in the plain look that all plots share.

    As long as it is drawn, other threads that draw wait.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    plain_look = mpl.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "plot",
            "font.size": 9,
            "lines.linewidth": 1.8,
            "text.parse_math": False,  # else what stands between two dollar signs is a formula, or breaks as one
        }
    )
    with _ONE_AT_A_TIME, plain_look:
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots()
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, labelcolor=QUIET)
        axes.xaxis.label.set_color(QUIET)
        axes.yaxis.label.set_color(QUIET)
        axes.grid(color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        yield figure, axes


def axis_name(words: str) -> str:
    """Words of others as a name beside an axis: one line of characters that can be drawn, as long as there is room."""
    line = " ".join("".join(one if one.isprintable() else " " for one in words).split())
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1].rstrip()}…"


def element(figure: "Figure", label: str) -> str:
    """The figure as an SVG element with a name for those who do not see it; its size is left to the page."""
    drawn = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # the browser has fonts of its own
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    svg = re.sub(r"<metadata>.*?</metadata>", "", drawn.getvalue(), flags=re.DOTALL)
    svg = svg[svg.index("<svg") :]
    head, _, rest = svg.partition(">")
    head = re.sub(r' (?:width|height|version|xmlns(?::\w+)?)="[^"]*"', "", head)
    head = head.replace("<svg", f'<svg class="plot" role="img" aria-label="{html.escape(label)}"', 1)
    rest = re.sub(r' id="[a-z0-9.]+_\d+"', "", rest)  # several plots share a page, and none of these is referred to
    for colour, variable in VARIABLES.items():
        rest = rest.replace(colour, f"var(--{variable})")
    return f"{head}>{rest}"
