"""Tellers: how a question says whose story it is about, and which words are the person's in the story.

Told by the front matter where it says from what to what somebody changed, else by the title. Knows nothing of
questions.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from index.stories import Story
from rag.quoting import with_article


@dataclass(frozen=True)
class Teller:
    """`who` somebody is, `whose` the story is, and a pattern for the `subject` of sentences about them."""

    who: str
    whose: str
    subject: str


def tellers(stories: Sequence[Story]) -> dict[str, Teller]:
    """The teller of each story by its id; none of one that no words tell from another's, or that is not in English."""
    changed = Counter(_change(story) for story in stories)
    titled = Counter(story.title for story in stories)
    found = {}
    for story in filter(_is_english, stories):
        change = _change(story)
        if change and changed[change] == 1:
            found[story.id] = Teller(change, f"the story of {change}", subject(story.text))
        elif titled[story.title] == 1:
            title, own = f"“{story.title.strip('“”')}”", subject(story.text)
            who = f"the author of {title}" if own == "I" else f"the person in {title}"
            found[story.id] = Teller(who, f"the story {title}", own)
    return found


def subject(text: str) -> str:
    """A pattern for the words that mean the person a text is about: I, or else he or she, and their first name."""
    pronouns = Counter(word.lower() for word in re.findall(r"\b(?:I|my|me|[Hh]e|[Hh]is|[Ss]he|[Hh]er)\b", text))
    mine, his, hers = (sum(pronouns[word] for word in words) for words in (("i", "my", "me"), _HIS, _HERS))
    if mine >= his + hers:
        return "I"
    names = Counter(re.findall(r"\b([A-Z][a-z]+) (?:had|was|went|got|did|found|[a-z]{3,}ed)\b", text))
    known = (name for name, count in names.most_common() if count > 1 and not re.search(rf"\b{name.lower()}\b", text))
    name = next(known, "")
    pronoun = "[Hh]e" if his >= hers else "[Ss]he"
    return f"(?:{pronoun}|{name})" if name else pronoun


def _is_english(story: Story) -> bool:
    words = story.text.lower().split()
    return sum(word in _FREQUENT for word in words) >= LEAST_FREQUENT * len(words)


LEAST_FREQUENT = 0.1
# Of the words of an English text, at least so many are these.
_FREQUENT = frozenset({"the", "and", "to", "of", "in", "was", "my", "that", "it", "for"})
_HIS, _HERS = ("he", "his"), ("she", "her")


def _change(story: Story) -> str:
    """As "the baker who became a backend developer"; "" where the front matter does not say both."""
    origin, destination = _first(story.origin), _first(story.destination)
    if not (origin and destination):
        return ""
    wished = _WISHED.sub("", destination)
    became = f"wanted to become {with_article(wished)}" if wished != destination else f"became {with_article(wished)}"
    return f"the {origin} who {became}"


def _first(roles: str) -> str:
    """The first of several roles, without what is added to it."""
    return _ADDED.split(roles, maxsplit=1)[0].strip()


_ADDED = re.compile(r",|;|/| and | with | who | at | in (?=an? |the )")
_WISHED = re.compile(r"^(?:aspiring|future|prospective) ", re.IGNORECASE)
