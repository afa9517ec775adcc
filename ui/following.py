"""Following work on the library: what a page is told of it, tick by tick, and then what came of it.

Work goes on whether anybody looks or not: one visitor begins it, and every page that opens the view may follow it. How
it is said is `working.py`'s. Knows nothing of Gradio.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.ask import Rag
from ui.building import Work
from ui.edge import guarded
from ui.escaping import inert
from ui.reader import Place
from ui.site import Site, reading
from ui.working import told_of
from ui.workshop import Workshop

LOOK_SECONDS = 0.25
"""How often a visitor is told how far some work is."""
LOST_SECONDS = 3.0
"""A page that was not told for so long follows no more: its line to the server was cut."""


class Watch:
    """One page's watch on some work. It ends when the page is told of other work instead."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._told_at = time.monotonic()
        self._is_over = False

    @property
    def is_kept(self) -> bool:
        """Whether the page will be told more without asking again."""
        is_told = time.monotonic() - self._told_at < LOST_SECONDS
        return is_told and not self._is_over and not self.work.progress.has_ended

    @property
    def is_over(self) -> bool:
        """Whether the page has turned to other work."""
        return self._is_over

    def told(self) -> None:
        """The page is told of the work at this moment."""
        self._told_at = time.monotonic()

    def end(self) -> None:
        """The page turns to other work."""
        self._is_over = True


@dataclass(frozen=True)
class News:
    """What a page shows of some work: HTML, and which buttons. `watch` is None when the work has ended."""

    told: str
    watch: Watch | None
    is_stoppable: bool = False
    is_unfinished: bool = False


def is_stoppable(work: Work) -> bool:
    """Whether it may be stopped: a removal that was half done would be neither one nor the other."""
    return not work.purpose.removed


def news_of(watch: Watch, site: Site) -> Iterator[News]:
    """How far some work is, until it has ended or the page has turned to other work; then what came of it."""
    work = watch.work
    while not watch.is_over and not (progress := work.progress).has_ended:
        watch.told()
        yield News(told_of(progress, work.purpose), watch, is_stoppable(work))
        time.sleep(LOOK_SECONDS)
    if not watch.is_over:
        yield _ended(work, site)


def news_of_all(workshop: Workshop, site: Site) -> Iterator[News]:
    """The news of all that goes on, one after the other, whoever began it."""
    while (work := workshop.current()) is not None:
        watch = Watch(work)
        yield from news_of(watch, site)
        if watch.is_over:
            return


def _ended(work: Work, site: Site) -> News:
    progress, purpose = work.progress, work.purpose
    is_done = progress.state == "done"
    # Without its links, the end is told all the same.
    links = guarded(lambda: _links(purpose.saved, site.rag), lambda _: "") if is_done else ""
    is_as_it_was = progress.state == "refused" and bool(purpose.removed)
    return News(told_of(progress, purpose, links), None, is_unfinished=not is_done and not is_as_it_was)


def _links(saved: Sequence[str], rag: Rag) -> str:
    with reading(rag) as generation:
        stories = [generation.story(identity) for identity in saved if identity in generation.story_ids]
    return "".join(
        f'<a class="story" role="button" href="{inert(Place.of(story, generation=generation.number).href)}">'
        f"Read “{inert(story.title)}”</a>"
        for story in stories
    )
