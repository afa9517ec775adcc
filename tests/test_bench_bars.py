"""bench.measuring.bars: a bar is kept, missed or open, and a figure shows which."""

import pytest

from bench.contestants import OURS, PEERS
from bench.measuring.bars import bars, peer_builds
from bench.measuring.made import MILLION
from bench.measuring.results import Result
from bench.measuring.view import View, beside, ratio
from tests.measured import BUILDS, REBUILDS, asked, built, result


def verdicts(*results: Result, precision: str = "bfloat16") -> dict[str, str]:
    """The bars' verdicts by what they are about."""
    return {bar.what: bar.verdict for bar in bars(View(results), precision)}


def test_a_bar_is_kept_missed_or_open() -> None:
    found = verdicts(*BUILDS)
    assert found["first build of 1,000 stories beside bare encoding in fp32"] == "kept"
    assert (
        found["first build of 1,000 stories, until it is on the disk, beside each peer"] == "**missed**"
    )  # Haystack is faster
    assert found["warm start to first answer, `app.py`"] == "open"
    assert set(verdicts().values()) == {"open"}


@pytest.mark.parametrize(("seconds", "said"), [(49.4, "**missed**"), (49.6, "kept")])
def test_a_peers_build_is_done_when_it_is_on_the_disk(seconds: float, said: str) -> None:
    found = verdicts(*BUILDS[:5], built("Haystack", seconds), BUILDS[6])
    assert found["first build of 1,000 stories, until it is on the disk, beside each peer"] == said


def test_a_peer_that_leaves_text_unread_is_told_besides_as_one_that_reads_all() -> None:
    found = [built(OURS, 50), built("LlamaIndex", 40), built("LlamaIndexReadingAll", 129), built("Haystack", 100)]
    (bar,) = [bar for bar in bars(View(found), "bfloat16") if "beside each peer" in bar.what and "first" in bar.what]
    assert bar.kept is False
    assert bar.measured == "LlamaIndex takes 0.81 × (reading all 2.59 ×), Haystack takes 2.01 ×"


@pytest.mark.parametrize(("precision", "said"), [("bfloat16", "**missed**"), ("float32", "kept")])
def test_how_fast_a_build_has_to_be_depends_on_the_processor(precision: str, said: str) -> None:
    found = verdicts(built(OURS, 100), built("Bare", 100), precision=precision)
    assert found["first build of 1,000 stories beside bare encoding in fp32"] == said


def test_a_peers_larger_build_is_reckoned_from_its_smaller_one_unless_it_was_measured() -> None:
    reckoned = peer_builds(View([*BUILDS, *REBUILDS]), 10_000)
    assert [(one.name, one.seconds, one.is_reckoned) for one in reckoned] == [
        ("LlamaIndex", 600, True),
        ("Haystack", 400, True),
        ("LangChain", 2000, True),
    ]
    measured = peer_builds(View([*BUILDS, *REBUILDS, built("Haystack", 450, 10_000)]), 10_000)
    assert (measured[1].seconds, measured[1].is_reckoned) == (450, False)


def test_building_again_is_compared_with_the_fastest_peer() -> None:
    found = verdicts(*BUILDS, *REBUILDS)
    of = "build of 10,000 stories, {}, beside each peer's building again"
    assert found[of.format("nothing changed")] == "kept (reckoned)"  # 400 s reckoned, 2 s
    assert found[of.format("one story edited")] == "kept (reckoned)"
    slow = result("rebuild", {"nothing changed": 5.0, "one story edited": 20.0, "passages": 80_000}, stories=10_000)
    found = verdicts(*BUILDS, slow)
    assert found[of.format("nothing changed")] == found[of.format("one story edited")] == "**missed** (reckoned)"
    found = verdicts(*BUILDS, *REBUILDS, *(built(name, 450, 10_000) for name in PEERS))
    assert found[of.format("nothing changed")] == "kept"


def test_what_is_reckoned_of_fewer_rounds_says_both_and_of_whom() -> None:
    rounds = [built("Haystack", 40, number=1), built("LangChain", 200, number=1), built("LangChain", 200, number=2)]
    (bar,) = (one for one in bars(View([*BUILDS, *rounds, *REBUILDS]), "bfloat16") if "nothing changed" in one.what)
    told = "LlamaIndex 300.0 × (reckoned, once), Haystack 200.0 × (reckoned, 2 rounds), LangChain 1,000.0 × (reckoned)"
    assert bar.measured == f"{told}; Crossroads (once)"


@pytest.mark.parametrize(("wait", "verdict"), [(0.30, "kept"), (0.32, "**missed**")])
def test_people_in_conversation_wait_three_times_as_long_as_one_at_most(wait: float, verdict: str) -> None:
    met = {"together": {"first p95": wait}, "alone": {"first p95": 0.1}}
    at_once = {"together": {"first p95": 9.0}, "alone": {"first p95": 0.1}}
    found = verdicts(
        result("users", met, users=20, think=6.0),
        result("users", at_once, users=20, think=0.0),
        result("users", at_once, users=5, think=6.0),
    )
    assert found["20 people who read for 6 s, wait for first words, 95th percentile"] == verdict


def test_a_retrieval_may_take_so_much_more_than_the_fastest_peer_and_every_peer_has_to_be_there() -> None:
    peers = [asked(name, 1000, median) for name, median in zip(PEERS, (20, 30, 15), strict=True)]
    what = "retrieval, median, 1,000 passages"
    assert verdicts(asked(OURS, 1000, 29), *peers)[what] == "kept"
    assert verdicts(asked(OURS, 1000, 31), *peers)[what] == "**missed**"
    assert verdicts(asked(OURS, 1000, 29), *peers[:2])[what] == "open"


def test_what_is_known_to_miss_a_bar_is_a_miss_whoever_else_was_not_measured() -> None:
    found = verdicts(built(OURS, 50), built("Haystack", 40))
    assert found["first build of 1,000 stories, until it is on the disk, beside each peer"] == "**missed**"
    found = verdicts(built(OURS, 50), built("LangChain", 200))
    assert found["first build of 1,000 stories, until it is on the disk, beside each peer"] == "open"
    found = verdicts(asked(OURS, 1000, 36), asked("Haystack", 1000, 20))
    assert found["retrieval, median, 1,000 passages"] == "**missed**"
    slow = result("rebuild", {"nothing changed": 5.0, "one story edited": 1.0, "passages": 8000}, stories=1000)
    found = verdicts(built("Haystack", 400), slow)
    assert found["build of 1,000 stories, nothing changed, beside each peer's building again"] == "**missed**"
    assert found["build of 1,000 stories, one story edited, beside each peer's building again"] == "open"


def test_a_figure_shows_on_which_side_of_its_bar_it_lies() -> None:
    assert (beside(0.997, 1.0), beside(0.5, 1.0), beside(1.0, 1.0)) == ("0.997", "0.50", "1.00")
    assert (beside(99.98, 100, 1), beside(15.01, 15.0, 1, "+")) == ("99.98", "+15.01")
    assert ratio(49.9, 50) == "0.998 ×"
    told = {bar.what: bar.measured for bar in bars(View([built(OURS, 50), built("Haystack", 49.3)]), "float32")}
    what = "first build of 1,000 stories, until it is on the disk, beside each peer"
    assert told[what] == "Haystack takes 0.996 ×"


def test_growth_is_judged_by_the_last_tenfold_up_to_a_hundred_thousand_passages() -> None:
    what = "dense half up to 100,000 passages, last tenfold beside the one before"
    sizes = (1000, 10_000, 100_000)
    grown = [asked(OURS, size, 30, dense) for size, dense in zip(sizes, (1, 2, 3.4), strict=True)]
    assert verdicts(*grown)[what] == "kept"
    assert verdicts(*grown[:2], asked(OURS, 100_000, 30, 3.6))[what] == "**missed**"
    assert verdicts(*grown[:2])[what] == "open"
    assert verdicts(*grown, asked(OURS, MILLION, 900, 800))[what] == "kept"
