"""A comparison's differences as a picture: a dot for each metric that moved, and its interval as a line through it.

Knows nothing of how differences come about; how a drawing gets into a page is drawing.py's.
"""

from collections.abc import Sequence

from eval.comparing.compare import Difference
from eval.reporting.drawing import BAD, GOOD, INK, QUIET, drawing, element

TONES = {"better": GOOD, "worse": BAD, "difference": QUIET}
"""Colours by the last word of a verdict."""
ROW = 0.24
MARGINS = 0.55
"""Inches: of a row, and of what is above and below the rows."""


def difference_plot(differences: Sequence[Difference]) -> str:
    """The differences in their order, from the top, as an SVG element. Clear ones have a full dot. "" without any."""
    if not differences:
        return ""
    with drawing(height=MARGINS + ROW * len(differences)) as (figure, axes):
        axes.axvline(0, color=QUIET, linewidth=1)
        for place, one in enumerate(differences):
            colour = TONES[one.verdict.rpartition(" ")[2]]
            fill = "full" if one.verdict.startswith("clearly") else "none"
            if one.interval:
                axes.plot([one.interval.low, one.interval.high], [place, place], color=colour)
            axes.plot(one.difference, place, "o", color=colour, markersize=6, fillstyle=fill)
        axes.set_yticks(range(len(differences)), [one.metric for one in differences])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(len(differences) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        return element(figure, "Differences of the metrics that moved, with 95 % intervals")
