"""The tables of the report, a function each: results → lines of Markdown. Judges nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from bench.contestants import BUILT, CONTESTANTS, OURS, contestant_class
from bench.measuring.bars import JUDGED_UP_TO, peer_builds, times_alone
from bench.measuring.fit import exponent, reached_at
from bench.measuring.imports import CODE
from bench.measuring.made import MILLION
from bench.measuring.start import APP, COMMAND
from bench.measuring.view import MISSING, View, number, ratio, table

A_SECOND, EIGHT_GIB = 1000.0, 8 * 1024.0
GROWING: Mapping[str, tuple[str, int]] = {
    "dense half, ms": ("parts.dense", 2),
    "lexical half, ms": ("parts.lexical", 2),
    "embedding the question, ms": ("parts.embedding", 1),
    "rest, ms": ("parts.rest", 1),
    "whole retrieval, ms": ("plain.p50", 1),
    "opening the index, ms": ("opening", 0),
    "memory, MB": ("resident", 0),
    "bytes on the disk": ("bytes", 0),
}
"""What grows, by its name in the table: the figure and its decimal places."""


def compared() -> list[str]:
    """Who is compared, and how each splits and stores."""
    rows = [[name, one.splitting, one.store] for name in CONTESTANTS if (one := contestant_class(name))]
    return table(["", "splits stories into", "stores and compares vectors in"], rows)


def builds(view: View) -> list[str]:
    """First builds, a table for each library."""
    head = ["", "chunks", "seconds", "of Crossroads", "persisting, s", "memory, MB", "kB a chunk", "never read"]
    lines = []
    for stories in view.known("build", "stories"):
        lines += [f"### First build of {f'{stories:,} made stories' if stories else 'the starter stories'}", ""]
        ours = view.median("build", "seconds", name=OURS, stories=stories)
        lines += table(head, [_build_row(view, name, stories, ours) for name in BUILT])
    return lines


def _build_row(view: View, name: str, stories: int, ours: float | None) -> list[str]:
    own: dict[str, Any] = {"name": name, "stories": stories}
    chunks, size = view.median("build", "chunks", **own), view.median("build", "bytes", **own)
    tokens, unread = view.median("build", "tokens", **own), view.median("build", "unread", **own)
    return [
        name + view.fewer("build", **own),
        number(chunks, 0),
        view.cell("build", "seconds", **own),
        ratio(view.median("build", "seconds", **own), ours),
        "in its building" if contestant_class(name).is_kept_when_built else view.cell("build", "keeping", 2, **own),
        view.cell("build", "memory", 0, **own),
        number(size / chunks / 1000 if size and chunks else None),
        number(_percent(unread / tokens if tokens and unread is not None else None), 0, " %"),
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def rebuilds(view: View) -> list[str]:
    """Builds of what is there, beside the peers' building again."""
    rows = []
    for stories in view.known("rebuild", "stories"):
        same, edit = (view.median("rebuild", what, stories=stories) for what in ("nothing changed", "one story edited"))
        cells = [view.cell("rebuild", what, 2, stories=stories) for what in ("nothing changed", "one story edited")]
        rows.append([f"{stories:,}", OURS + view.fewer("rebuild", stories=stories), *cells, "", ""])
        for peer in peer_builds(view, stories):
            seconds = f"{peer.seconds:,.0f}{' (reckoned)' * peer.is_reckoned}"
            name = peer.name + view.fewer("build", names=(peer.name,), stories=peer.measured)
            rows.append([f"{stories:,}", name, seconds, seconds, ratio(peer.seconds, same), ratio(peer.seconds, edit)])
    head = ["stories", "", "nothing changed, s", "one story edited, s", "of Crossroads", "of Crossroads, edited"]
    return table(head, rows)


def retrievals(view: View) -> list[str]:
    """Milliseconds from a question to chunks, by size and contestant."""
    rows = []
    for passages in view.known("ask", "passages"):
        ours = view.median("ask", "plain.p50", name=OURS, passages=passages)
        asked = CONTESTANTS if passages != MILLION else (OURS,)
        rows += [_ask_row(view, name, passages, ours) for name in asked if view.rounds("ask", name=name)]
    head = [
        "passages",
        "",
        "p50, ms",
        "of Crossroads",
        "p95, ms",
        "filtered p50",
        "filtered p95",
        "memory, MB",
        "asked",
        "found",
    ]
    left = view.values("ask", "left")
    shares = dict.fromkeys(f"{100 * share:.0f} %" for share in sorted(left))
    told = [f"The filter leaves {' or '.join(shares)} of the passages.", ""] if shares else []
    return [*told, *table(head, rows)]


def _ask_row(view: View, name: str, passages: int, ours: float | None) -> list[str]:
    own: dict[str, Any] = {"name": name, "passages": passages}
    cells = {
        figure: view.cell("ask", figure, **own) for figure in ("plain.p50", "plain.p95", "filtered.p50", "filtered.p95")
    }
    asked, found = (
        [number(view.median("ask", f"{kind}.{what}", **own), 0) for kind in ("plain", "filtered")]
        for what in ("asked", "found")
    )
    return [
        f"{passages:,}",
        name + view.fewer("ask", **own),
        cells.pop("plain.p50"),
        ratio(view.median("ask", "plain.p50", **own), ours),
        *cells.values(),
        view.cell("ask", "resident", 0, **own),
        "/".join(dict.fromkeys(asked)),
        "/".join(dict.fromkeys(found)),
    ]


def answers(view: View) -> list[str]:
    """Whole answers, and a language model's first word."""
    rows = [
        [
            f"{passages:,}{view.fewer('answer', passages=passages)}",
            view.cell("answer", "p50", passages=passages),
            view.cell("answer", "p95", passages=passages),
            number(view.median("answer", "asked", passages=passages), 0),
            number(_percent(view.median("answer", "refused", passages=passages)), 0, " %"),
        ]
        for passages in view.known("answer", "passages")
    ]
    words = ["httpx", "openai", "langchain", "crossroads", "retrieval"]
    medians = {name: view.median("streaming", name) for name in words}
    added = None if None in medians.values() else medians["crossroads"] - medians["httpx"]
    whole = None if added is None else added + medians["retrieval"]
    first = [[*(view.cell("streaming", name) for name in words), number(added), number(whole)]]
    head = ["httpx alone", "openai", "LangChain", "Crossroads beyond its retrieval", "its retrieval"]
    head += ["added to httpx beyond retrieval", "added in all"]
    return [
        *table(["passages", "whole answer p50, ms", "p95, ms", "questions", "refused"], rows),
        f"Milliseconds to the first word of a language model that answers at once{view.fewer('streaming')}:",
        "",
        *table(head, first),
    ]


def users(view: View) -> list[str]:
    """People at the page, in conversation and asking at once."""
    rows = [
        _users_row(view, {"users": people, "think": think})
        for people in view.known("users", "users")
        for think in reversed(view.known("users", "think", users=people))
    ]
    head = [
        "people",
        "reading, s",
        "first words p50, s",
        "p95, s",
        "finished p50, s",
        "p95 of one alone",
        "failed",
        "failed alone",
    ]
    return table(head, rows)


def _users_row(view: View, own: Mapping[str, Any]) -> list[str]:
    figures = ("first p50", "first p95", "last p50")
    cells = [view.cell("users", f"together.{one}", 3, **own) for one in figures]
    times = times_alone(view, own["users"], own["think"])
    failed = [_failed(view, who, own) for who in ("together", "alone")]
    return [f"{own['users']}{view.fewer('users', **own)}", f"{own['think']:g}", *cells, ratio(times, 1.0), *failed]


def _failed(view: View, who: str, own: Mapping[str, Any]) -> str:
    """How many questions failed of how many, in all rounds: a median would hide those of a single one."""
    failed, asked = (sum(view.values("users", f"{who}.{what}", **own)) for what in ("failed", "asked"))
    return f"{failed:,.0f} of {asked:,.0f}"


def starts(view: View) -> list[str]:
    """From the start of a process to what a user waits for, warm and cold."""
    rows = []
    for what in (COMMAND, APP, *CONTESTANTS):
        until = "first words" if what == APP else "whole answer" if what == COMMAND else "first chunks"
        cells = [_start_cell(view, what, "answer", cold=cold) for cold in (False, True)]
        ours = [view.median("start", "answer", what=OURS, cold=cold) for cold in (False, True)]
        found = [view.median("start", "answer", what=what, cold=cold) for cold in (False, True)]
        times = [ratio(*pair) if what in CONTESTANTS else "" for pair in zip(found, ours, strict=True)]
        rows.append([what, until, cells[0], times[0], cells[1], times[1]])
    for place, what, figure, until in (
        (1, APP, "server", "server answers"),
        (0, COMMAND, "first words", "first words"),
    ):
        cells = [_start_cell(view, what, figure, cold=cold) for cold in (False, True)]
        rows.insert(place, [what, until, cells[0], "", cells[1], ""])
    return table(["process", "until", "warm, s", "of Crossroads", "cold, s", "of Crossroads"], rows)


def _start_cell(view: View, what: str, figure: str, *, cold: bool) -> str:
    return view.cell("start", figure, what=what, cold=cold) + view.fewer("start", what=what, cold=cold)


def imports(view: View) -> list[str]:
    """Where the time of importing goes."""
    lines = []
    for what in CODE:
        rounds = view.rounds("imports", what=what)
        if not rounds:
            lines += [f"{what.capitalize()}: {MISSING}.", ""]
            continue
        fewer = view.fewer("imports", what=what)
        lines += [f"{what.capitalize()}, in all {view.cell('imports', 'all', 2, what=what)} s{fewer}:", ""]
        lines += table(
            ["package", "seconds"],
            [[name, view.cell("imports", f"packages.{name}", 2, what=what)] for name in rounds[0]["packages"]],
        )
    return lines


def memory(view: View) -> list[str]:
    """What the serving process holds."""
    rows = [
        [
            f"{passages:,}{view.fewer('memory', passages=passages)}",
            view.cell("memory", "Rss", 0, passages=passages),
            view.cell("memory", "Pss", 0, passages=passages),
            number(view.median("memory", "processes", passages=passages), 0),
        ]
        for passages in view.known("memory", "passages")
    ]
    return table(["passages", "RSS, MB", "PSS, MB", "processes"], rows)


def growth(view: View) -> list[str]:
    """How Crossroads' figures grow with the library, and where it would end."""
    sizes = view.known("ask", "passages", name=OURS)
    rows = []
    for name, (figure, places) in GROWING.items():
        fitted = exponent(by_size(view, figure))
        cells = [view.cell("ask", figure, places, name=OURS, passages=size) for size in sizes]
        rows.append([name, *cells, "–" if fitted is None else f"{fitted:.2f}"])
    ends = [
        _end("a retrieval of a second", by_size(view, "plain.p50"), A_SECOND),
        _end("8 GiB of memory", by_size(view, "resident", up_to=JUDGED_UP_TO), EIGHT_GIB),
    ]
    columns = [f"{size:,}{view.fewer('ask', name=OURS, passages=size)}" for size in sizes]
    return [*table(["", *columns, "exponent"], rows), *ends, ""]


def by_size(view: View, figure: str, name: str = OURS, up_to: int = MILLION) -> dict[int, float]:
    """A figure's medians by how many passages there really were, of libraries of up to about so many."""
    found = {}
    for size in [one for one in view.known("ask", "passages", name=name) if one <= up_to]:
        passages, value = (view.median("ask", one, name=name, passages=size) for one in ("passages", figure))
        if passages is not None and value is not None:
            found[round(passages)] = value
    return found


def _end(what: str, figures: Mapping[int, float], limit: float) -> str:
    """Where a limit lies if figures grow on as they did between the two largest libraries that they are of."""
    if exponent(figures) is None:
        return f"- {what}: {MISSING}"
    passages = reached_at(figures, limit)
    reached = "never" if passages is None else f"at {float(f'{passages:.2g}'):,.0f} passages"
    before, largest = sorted(figures)[-2:]
    return f"- {what}: {reached} (reckoned: each passage more as between {before:,} and {largest:,})"


SECTIONS: Mapping[str, Callable[[View], list[str]]] = {
    "Building": builds,
    "Building again": rebuilds,
    "Retrieval": retrievals,
    "Answers": answers,
    "People at once": users,
    "Starting": starts,
    "Importing": imports,
    "Memory of the serving process": memory,
    "Growth": growth,
}
"""The report's sections, in order."""
