"""What is to be reached, beside what was: each bar kept, missed or open.

Retrieval and its growth are judged up to 100,000 passages; larger libraries are told and not judged.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.contestants import OURS, PEERS, READING_ALL
from bench.measuring.fit import is_logarithmic
from bench.measuring.start import APP, COMMAND
from bench.measuring.view import View, beside, table
from bench.users import BAR as TIMES_ALONE

BARE_BF16, BARE_ELSE = 0.5, 1.1
NOTHING_TIMES, EDIT_TIMES = 100, 30
OVER_FASTEST = 15.0
JUDGED_UP_TO = 100_000
COLD, WARM = 10.0, 6.0
SERVING_MB = 1.2 * 1024
SLACK = 0.5
"""Milliseconds that the dense half may take more than a logarithm would, for the clock's own unrest."""


@dataclass(frozen=True)
class Bar:
    """What was to be reached, what was measured in words, and whether that keeps it: None where it is open."""

    what: str
    bar: str
    measured: str
    kept: bool | None
    is_reckoned: bool = False
    """Whether it rests on a figure that was not measured itself."""

    @property
    def verdict(self) -> str:
        """In a word, or two."""
        if self.kept is None:
            return "open"
        return ("kept" if self.kept else "**missed**") + " (reckoned)" * self.is_reckoned


def bars(view: View, precision: str) -> list[Bar]:
    """All bars, `precision` being what Crossroads embeds in."""
    return [
        *_builds(view, precision),
        *_rebuilds(view),
        *_retrievals(view),
        *_people(view),
        *_starts(view),
        *_growth(view),
    ]


def bars_table(found: list[Bar]) -> list[str]:
    """The bars as a table."""
    return table(["", "bar", "measured", ""], [[one.what, one.bar, one.measured, one.verdict] for one in found])


@dataclass(frozen=True)
class PeerBuild:
    """A peer's build of so many stories in seconds, and of how many the build is that was measured."""

    name: str
    seconds: float
    stories: int
    measured: int

    @property
    def is_reckoned(self) -> bool:
        """Whether a smaller one was measured."""
        return self.measured != self.stories


def peer_builds(view: View, stories: int) -> list[PeerBuild]:
    """What each peer takes to build so many stories: measured, or the largest that was measured times the passages.

    Made stories are of one kind, so a peer's chunks grow with them as Crossroads' passages do.
    """
    found = []
    for name in PEERS:
        smaller = [one for one in view.known("build", "stories", name=name) if 0 < one <= stories]
        if not smaller:
            continue
        seconds = view.median("build", "seconds", name=name, stories=smaller[-1])
        passages = view.median("rebuild", "passages", stories=stories)
        before = view.median("build", "chunks", name=OURS, stories=smaller[-1])
        times = 1.0 if smaller[-1] == stories else passages / before if passages and before else None
        if seconds is not None and times is not None:
            found.append(PeerBuild(name, seconds * times, stories, smaller[-1]))
    return found


def _judged(each: Iterable[bool], *, are_all: bool) -> bool | None:
    """Whether all keep a bar: one that does not decides, even where others are not known."""
    kept = list(each)
    return False if not all(kept) else True if kept and are_all else None


def _counted(number: int, things: str) -> str:
    """So many things; any number where none was measured."""
    return f"{number:,} {things}" if number else f"any number of {things}"


def _builds(view: View, precision: str) -> Iterator[Bar]:
    allowed = BARE_BF16 if precision == "bfloat16" else BARE_ELSE
    for stories in view.known("build", "stories") or [0]:
        of = f"{stories:,} stories" if stories else "the starter stories"
        ours = view.median("build", "seconds", name=OURS, stories=stories)
        bare = view.median("build", "seconds", name="Bare", stories=stories)
        times = ours / bare if ours and bare else None
        fewer = view.fewer("build", names=(OURS, "Bare"), stories=stories)
        yield Bar(
            f"first build of {of} beside bare encoding in fp32",
            f"≤ {allowed} × ({precision} here)",
            "–" if times is None else f"{beside(times, allowed)} ×{fewer}",
            None if times is None else times <= allowed,
        )
        peers = {name: _until_kept(view, name, stories) for name in PEERS}
        known = {name: seconds for name, seconds in peers.items() if seconds is not None}
        told = [
            f"{name} takes {beside(seconds / ours, 1.0)} ×{_reading_all(view, name, stories, ours)}"
            for name, seconds in known.items()
            if ours
        ]
        yield Bar(
            f"first build of {of}, until it is on the disk, beside each peer",
            "faster than each",
            f"{', '.join(told)}{view.fewer('build', names=(OURS, *known), stories=stories)}" if told else "–",
            _judged((ours < seconds for seconds in known.values()), are_all=len(known) == len(PEERS)) if ours else None,
        )


def _reading_all(view: View, name: str, stories: int, ours: float) -> str:
    """In brackets what a peer takes that is told to read all, for one that does not by itself."""
    if name not in READING_ALL:
        return ""
    seconds = _until_kept(view, READING_ALL[name], stories)
    fewer = view.fewer("build", name=READING_ALL[name], stories=stories)
    return "" if seconds is None else f" (reading all {beside(seconds / ours, 1.0)} ×{fewer})"


def _until_kept(view: View, name: str, stories: int) -> float | None:
    """The seconds of a peer's first build and of persisting it, where that is no part of building."""
    building, keeping = (view.median("build", what, name=name, stories=stories) for what in ("seconds", "keeping"))
    return None if building is None or keeping is None else building + keeping


def _rebuilds(view: View) -> Iterator[Bar]:
    largest = view.known("rebuild", "stories")[-1:] or [0]
    peers = peer_builds(view, largest[0])
    for what, least in (("nothing changed", NOTHING_TIMES), ("one story edited", EDIT_TIMES)):
        ours = view.median("rebuild", what, stories=largest[0])
        times = [f"{peer.name} {beside(peer.seconds / ours, least, 1)} ×{_how(view, peer)}" for peer in peers if ours]
        own = view.fewer("rebuild", stories=largest[0])
        yield Bar(
            f"build of {_counted(largest[0], 'stories')}, {what}, beside each peer's building again",
            f"≥ {least} × faster",
            f"{', '.join(times)}{f'; {OURS}{own}' if own else ''}" if times else "–",
            _judged((peer.seconds / ours >= least for peer in peers), are_all=len(peers) == len(PEERS))
            if ours
            else None,
            any(peer.is_reckoned for peer in peers),
        )


def _how(view: View, peer: PeerBuild) -> str:
    """In brackets what has to be known of a peer's build: that it is reckoned, and of how many rounds."""
    rounds = view.fewer("build", names=(peer.name,), stories=peer.measured)
    return f" (reckoned){rounds}".replace(") (", ", ") if peer.is_reckoned else rounds


def _retrievals(view: View) -> Iterator[Bar]:
    for passages in [one for one in view.known("ask", "passages") if one <= JUDGED_UP_TO] or [0]:
        for kind, told in (("plain", ""), ("filtered", ", filtered")):
            times = {
                name: view.median("ask", f"{kind}.p50", name=name, passages=passages) for name in (OURS, "Bare", *PEERS)
            }
            known = {name: found for name in PEERS if (found := times[name]) is not None}
            ours, bare = times[OURS], times["Bare"]
            fastest = min(known, key=known.__getitem__, default="")
            over = ours - known[fastest] if ours is not None and known else None
            over_bare = f"; over bare {ours - bare:+.1f} ms" if ours is not None and bare is not None else ""
            fewer = view.fewer("ask", passages=passages)
            yield Bar(
                f"retrieval, median, {_counted(passages, 'passages')}{told}",
                f"≤ the fastest peer + {OVER_FASTEST:.0f} ms",
                "–" if over is None else f"{beside(over, OVER_FASTEST, 1, '+')} ms over {fastest}{over_bare}{fewer}",
                None if over is None else _judged([over <= OVER_FASTEST], are_all=len(known) == len(PEERS)),
            )


def times_alone(view: View, people: int, think: float) -> float | None:
    """How many times as long as who is alone so many people wait for the first words, at the 95th percentile."""
    waits = (view.median("users", f"{who}.first p95", users=people, think=think) for who in ("together", "alone"))
    together, alone = waits
    return together / alone if together and alone else None


def _people(view: View) -> Iterator[Bar]:
    people = view.known("users", "users")[-1:] or [0]
    think = view.known("users", "think", users=people[0])[-1:] or [0.0]
    times = times_alone(view, people[0], think[0])
    yield Bar(
        f"{_counted(people[0], 'people')} who read for {think[0]:g} s, wait for first words, 95th percentile",
        f"≤ {TIMES_ALONE:g} × that of one alone",
        "–"
        if times is None
        else f"{beside(times, TIMES_ALONE)} ×{view.fewer('users', users=people[0], think=think[0])}",
        None if times is None else times <= TIMES_ALONE,
    )


def _starts(view: View) -> Iterator[Bar]:
    for cold, limit in ((True, COLD), (False, WARM)):
        for what in (COMMAND, APP):
            seconds = view.median("start", "answer", what=what, cold=cold)
            yield Bar(
                f"{'cold' if cold else 'warm'} start to first answer, `{what}`",
                f"≤ {limit:.0f} s",
                view.cell("start", "answer", what=what, cold=cold) + view.fewer("start", what=what, cold=cold),
                None if seconds is None else seconds <= limit,
            )
    held = view.median("memory", "Rss")
    serving = view.known("memory", "passages")[-1:]
    yield Bar(
        f"memory of the serving process (RSS){f', {serving[0]:,} passages' if serving else ''}",
        f"≤ {SERVING_MB:,.0f} MB",
        view.cell("memory", "Rss", 0) + view.fewer("memory"),
        None if held is None else held <= SERVING_MB,
    )


def _growth(view: View) -> Iterator[Bar]:
    sizes = [one for one in view.known("ask", "passages", name=OURS) if one <= JUDGED_UP_TO]
    dense = {
        size: found
        for size in sizes
        if (found := view.median("ask", "parts.dense", name=OURS, passages=size)) is not None
    }
    yield Bar(
        f"dense half up to {JUDGED_UP_TO:,} passages, last tenfold beside the one before",
        f"adds no more, within {SLACK} ms",
        ", ".join(
            f"{size:,}: {found:.2f} ms{view.fewer('ask', names=(OURS,), passages=size)}"
            for size, found in dense.items()
        )
        or "–",
        is_logarithmic(dense, SLACK),
    )
