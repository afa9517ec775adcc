"""Gold quotes → spans of the indexed stories.

A gold quote is raw text of a story's file, while everything else counts characters of the story's clean text.
So only letters and digits are compared, case and accents folded: white space, punctuation and Markdown marks,
which the reader of stories may have changed, cannot come between. Knows nothing of questions being asked.
"""

import difflib
import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Protocol

from eval.cases import Case, Gold
from index.errors import EvalError
from index.formats.markup import markdown_to_text
from index.stories import Story


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` of a story's clean text."""

    story: str
    start: int
    end: int


class IndexedStories(Protocol):
    """What is needed of an index's generation: which stories it holds, with their text."""

    @property
    def story_ids(self) -> Sequence[str]:
        """Every story's id."""

    def story(self, identity: str) -> Story:
        """A story with its whole clean text."""


def locate(case: Case, stories: IndexedStories, folder: Path) -> tuple[tuple[Span, ...], ...]:
    """For each gold of a case the places where it stands in the indexed stories: one, or more if its words recur.

    A gold that names no story is looked for in all of them. `folder` holds the stories' files. Raises `EvalError` for a
    story that is not in the index, a quote that is not in the story, or offsets outside the file.
    """
    return tuple(_locate(case, gold, stories, folder) for gold in case.gold)


def find_quote(quote: str, text: str) -> list[tuple[int, int]]:
    """Where a quote of a raw file stands in a clean text, as (start, end) from its first to its last letter or digit.

    Places where it begins and ends with whole words win over others. Empty if it is nowhere.
    """
    return _matches(_without_marks(quote), text) or _matches(markdown_to_text(quote), text)


def _locate(case: Case, gold: Gold, stories: IndexedStories, folder: Path) -> tuple[Span, ...]:
    if not gold.story:
        return _anywhere(case, gold, stories)
    identity = _story_id(case, gold, stories.story_ids)
    text = stories.story(identity).text
    if gold.start is None or gold.end is None:
        quote, after = gold.quote, ""
    else:
        raw = _raw(case, identity, folder)
        quote, after = raw[gold.start : gold.end], raw[gold.end :]
        if gold.end > len(raw) or not _letters(quote)[0]:
            raise EvalError(
                f"case {case.id}: characters {gold.start} to {gold.end} of {identity} hold no words (the file "
                f"has {len(raw)} characters). Correct start and end, or give the quote itself."
            )
    places = find_quote(quote, text)
    if not places:
        raise EvalError(
            f"case {case.id}: its gold quote is not in {identity}: “{' '.join(quote.split())[:120]}”. "
            "Copy the words from the story's own text; the front matter is no part of it."
        )
    if after:  # which of several: counted from the end, since front matter lies at the beginning
        later = len(find_quote(quote, _without_marks(after)))
        places = [places[-1 - later]] if later < len(places) else places
    return tuple(Span(identity, start, end) for start, end in places)


def _anywhere(case: Case, gold: Gold, stories: IndexedStories) -> tuple[Span, ...]:
    """The places of a quote that names no story, in all of them."""
    sought = {_folded(_without_marks(gold.quote)), _folded(markdown_to_text(gold.quote))} - {""}
    spans = []
    for story in map(stories.story, stories.story_ids):
        if any(letters in _folded(story.text) for letters in sought):  # most stories need not be looked at closely
            spans += [Span(story.id, start, end) for start, end in find_quote(gold.quote, story.text)]
    if not spans:
        raise EvalError(
            f"case {case.id}: its gold quote is in no story: “{' '.join(gold.quote.split())[:120]}”. Does --stories "
            "name the folder that the set was written for? A quote must be copied from a story to the word."
        )
    return tuple(spans)


def _story_id(case: Case, gold: Gold, identities: Sequence[str]) -> str:
    """The id that a gold's `story` means: itself, or that of the one file so named in any folder."""
    if gold.story in identities:
        return gold.story
    named = [identity for identity in identities if PurePosixPath(identity).name == gold.story]
    if len(named) == 1:
        return named[0]
    if named:
        raise EvalError(f"case {case.id}: several stories are called {gold.story}. Say which: {' or '.join(named)}.")
    near = difflib.get_close_matches(gold.story, list(identities), n=1)
    hint = f"Did you mean {near[0]}?" if near else "Does --stories name the folder that the set was written for?"
    raise EvalError(f"case {case.id}: its gold story {gold.story} is not in the library. {hint}")


def _raw(case: Case, identity: str, folder: Path) -> str:
    try:
        return (folder / identity).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(
            f"case {case.id}: {folder / identity} cannot be read as UTF-8, so start and end mean nothing. "
            "Give the quote itself."
        ) from error


_LINK_TARGET = r"\((?:[^()\n]|\([^()\n]*\))*\)"
_MARKS = re.compile(
    rf"!\[[^\]\n]*\]{_LINK_TARGET}"  # an image, of which nothing is left in clean text
    rf"|(?<=\]){_LINK_TARGET}"  # where a link leads; its words stay
    r"|\[\^[^\]\n]*\]"  # a footnote's number
    r"|</?(?!https?:)[a-zA-Z][^>\n]*>"  # an HTML tag, but not <https://…>
)


def _without_marks(quote: str) -> str:
    return html.unescape(_MARKS.sub(" ", quote))


def _matches(quote: str, text: str) -> list[tuple[int, int]]:
    wanted, (letters, offsets) = _letters(quote)[0], _letters(text)
    found: list[tuple[int, int]] = []
    place = letters.find(wanted) if wanted else -1
    while place >= 0:
        found.append((offsets[place], offsets[place + len(wanted) - 1] + 1))
        place = letters.find(wanted, place + len(wanted))
    whole = [
        (start, end)
        for start, end in found
        if not (text[max(start - 1, 0) : start].isalnum() or text[end : end + 1].isalnum())
    ]
    return whole or found


@lru_cache(maxsize=2048)
def _folded(text: str) -> str:
    """The letters and digits alone."""
    return _letters(text)[0]


@lru_cache(maxsize=256)
def _letters(text: str) -> tuple[str, tuple[int, ...]]:
    """The letters and digits of a text, folded, and for each the place of the character that it came from.

    Folding may make several of one (ß, ﬁ, ½), or none of an accent that stands alone.
    """
    letters: list[str] = []
    offsets: list[int] = []
    for place, character in enumerate(text):
        for folded in unicodedata.normalize("NFKD", character).casefold():
            if folded.isalnum():
                letters.append(folded)
                offsets.append(place)
    return "".join(letters), tuple(offsets)
