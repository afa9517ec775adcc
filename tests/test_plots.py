"""Plots follow the page's colours, ask nothing from outside, are the same every time, and are left out where empty."""

import re
import threading
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.comparing.compare import Difference
from eval.comparing.plot import difference_plot
from eval.reporting.drawing import LONGEST_NAME, VARIABLES, axis_name, drawing, element
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


FOREIGN = (
    "$$\\href{javascript:1}{x}$$",
    "a $5 and $6 b",
    "$\\frac{",
    "日本語",
    "\ud800 half",
    "\x1b[2J\x00",
    "two\nlines",
    "x" * 5000,
    "<b>&amp;",
)
"""What somebody may call a type of question."""


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_type_is_drawn_as_it_stands_whatever_it_is_called(kind: str) -> None:
    plot = types_plot(summarise([row("a", kind, refused("?"))]).types)
    words = "".join(ET.fromstring(plot.replace("xlink:href", "href")).itertext())  # noqa: S314  # our own
    assert f"{axis_name(kind)} (1)" in words


@pytest.mark.parametrize("name", ["$\\frac{", "a $5 and $6 b"])
def test_a_metric_is_drawn_as_it_stands(name: str) -> None:
    assert name in difference_plot([Difference(name, 0.1, 0.2, 3, 3, (3, 3), None, 0.1, 0.1, "perhaps better")])


@settings(max_examples=50)
@given(st.text(max_size=80))
def test_a_name_beside_an_axis_is_a_short_line(words: str) -> None:
    found = axis_name(words)
    assert len(found) <= LONGEST_NAME
    assert found.isprintable()


def test_two_threads_draw_one_after_the_other() -> None:
    drawn: list[str] = []
    other = threading.Thread(target=lambda: drawn.append(funnel_plot({"first 1": 0.5})))
    with drawing():
        other.start()
        other.join(0.2)
        assert drawn == [], "it would draw with the settings of this one, and leave them behind"
    other.join()
    assert len(drawn) == 1
