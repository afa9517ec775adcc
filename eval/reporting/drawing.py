"""A matplotlib figure → an SVG element that follows a page's colours, light and dark, and asks nothing from outside.

Owns the colours that plots draw with, and what of a drawing goes into a page. Knows nothing of what is drawn. The same
figure gives the same bytes.
"""

import html
import io
import re
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


@contextmanager
def drawing(width: float = 5.0, height: float = 2.6) -> "Iterator[tuple[Figure, Axes]]":
    """A figure of so many inches with one pair of axes, in the plain look that all plots share."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "plot", "font.size": 9, "lines.linewidth": 1.8}):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots()
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, labelcolor=QUIET)
        axes.xaxis.label.set_color(QUIET)
        axes.yaxis.label.set_color(QUIET)
        axes.grid(color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        yield figure, axes


def element(figure: "Figure", label: str) -> str:
    """The figure as an SVG element with a name for those who do not see it; its size is left to the page."""
    drawn = io.StringIO()
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
