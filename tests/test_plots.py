"""Plots follow the page's colours, ask nothing from outside, are the same every time, and are left out where empty."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from eval.reporting.drawing import VARIABLES, drawing, element
from eval.reporting.plots import chances_plot, funnel_plot, risk_plot, run_plots, seconds_plot, types_plot
from eval.reporting.summary import summarise
from eval.scoring.judging import Opinion
from tests.chatbots import answered, quoted, refused
from tests.run_rows import BAKER, GOLD, four_rows, row, weighed


def every_plot() -> dict[str, str]:
    rows = weighed({str(number): number / 50 for number in range(50)}, hopeless="13579")
    claims = answered("?", [quoted(1, BAKER, GOLD)] * 2)
    torn = (Opinion("one", ("supported", "partly")), Opinion("two", ("supported", "supported")))
    rows += [row(f"j{number}", "single", claims, opinions=torn) for number in range(25)]
    timed = [{**one, "seconds": {**one["seconds"], "retrieve": 0.1, "first": 0.2}} for one in [*rows, *four_rows()]]
    return dict(run_plots(summarise(timed), timed))


def test_every_plot_is_one_svg_element_with_a_name_and_no_ink_but_the_pages() -> None:
    for name, plot in every_plot().items():
        assert ET.fromstring(plot.replace("xlink:href", "href")).attrib["aria-label"], name  # noqa: S314  # our own
        assert "var(--quiet)" in plot, name
        assert not any(colour in plot for colour in VARIABLES), name
        assert not re.search(r"https?:|<script|<style|@import", plot.replace("<style type", "")), name


def test_the_same_run_is_drawn_the_same_way() -> None:
    assert every_plot() == every_plot()


def test_no_two_parts_of_a_page_share_an_id() -> None:
    ids = re.findall(r' id="([^"]+)"', every_plot()["types"])
    assert len(ids) == len(set(ids))


def test_what_is_not_there_is_not_drawn() -> None:
    assert types_plot([]) == funnel_plot({}) == risk_plot([]) == seconds_plot([]) == ""
    assert chances_plot(weighed({str(number): 0.5 for number in range(50)}, hopeless="")) == ""
    assert chances_plot([row("a", "single", replace(refused("?"), chance=0.5))]) == ""


@settings(max_examples=10)
@given(st.text(alphabet="<>\"'&ab ", max_size=12))
def test_a_name_cannot_break_out_of_the_element(label: str) -> None:
    with drawing() as (figure, axes):
        axes.plot([0, 1], [0, 1])
        head = element(figure, label).partition(">")[0]
    assert re.fullmatch(r'<svg class="plot" role="img" aria-label="[^"<>]*"[^<>]*', head)
