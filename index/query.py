"""Query: words as they are looked for: spelling mended, each word with its weight, and what else may mean the same.

Owns how the words of a question become weighted terms. Misspelt is what neither a dictionary nor the library knows;
it becomes the most frequent dictionary word that is one letter away and that the library has. Synonyms stand in
`words/synonyms.txt`. Knows nothing of vectors, scores or conversations.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING

import regex

from index.filters import EVERY_STORY, Filters
from index.lexical import terms
from index.stop_words import STOP_WORDS

if TYPE_CHECKING:
    from spellchecker import SpellChecker

CONTEXT_WEIGHT = 0.4
"""Within a story, a word outside the focus counts so much of one inside: it mostly says whose story it is."""
SHORTEST_MENDED, SHORT = 3, 4
# Letters: shorter words are never mended, short ones only where a letter is missing or two are swapped, since they are
# one letter away from too many others.
LONGEST_PHRASE = 3
# Words of a synonym, stop words not counted.

_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}'’]*")


@dataclass(frozen=True)
class Query:
    """Words mended, and what they become.

    `words` is everything looked for, `asked` the last question, `focus` that question without whom it is about;
    all three are the same where nothing else is known. `terms` counts the stems of the words; `weighted` has less
    weight for those outside the focus; `synonyms` holds stems that may stand in the library instead.
    """

    words: str
    asked: str
    focus: str
    terms: Mapping[str, float]
    weighted: Mapping[str, float]
    synonyms: Mapping[str, float]


@dataclass(frozen=True)
class Sought:
    """What to look for: `words` tell whose story, the last question `asked` which passage of it.

    `focus` is that question without whom it is about. "" means: the same as the one before. `filters` say which
    stories are looked at at all; what is rare, and what is misspelt, is told by the whole library all the same.
    `alone` is the question as a reranker reads it, "" for the words.
    """

    words: str
    asked: str = ""
    focus: str = ""
    filters: Filters = EVERY_STORY
    alone: str = ""


def read_query(sought: Sought, is_known: Callable[[str], bool]) -> Query:
    """The query for what is sought; `is_known` tells a stem that the library has."""
    asked = sought.asked or sought.words
    nearest = cache(partial(_nearest, is_known=is_known))  # most of their words are the same
    words, asked, focus = (_mended(text, nearest) for text in (sought.words, asked, sought.focus or asked))
    stems = terms(words)
    counted: dict[str, float] = {stem: float(count) for stem, count in Counter(stems).items()}
    central = set(terms(focus))
    weighted = {stem: count * (1.0 if stem in central else CONTEXT_WEIGHT) for stem, count in counted.items()}
    return Query(words, asked, focus, counted, weighted, synonyms(stems))


def mend(text: str, is_known: Callable[[str], bool]) -> str:
    """The text with misspelt words replaced. Names, as far as a capital inside a text shows them, stay as they are."""
    return _mended(text, partial(_nearest, is_known=is_known))


def synonyms(stems: Sequence[str]) -> dict[str, float]:
    """Stems of what means the same as some of the stems in a row, with their weights: 1, shared by a phrase's words."""
    groups, member_of = _groups()
    found: dict[str, float] = {}
    for size in range(1, LONGEST_PHRASE + 1):
        for start in range(len(stems) - size + 1):
            for group in member_of.get(tuple(stems[start : start + size]), ()):
                for phrase in groups[group]:
                    for stem in phrase:
                        found[stem] = max(found.get(stem, 0.0), 1 / len(phrase))
    return {stem: weight for stem, weight in found.items() if stem not in stems}


def _mended(text: str, nearest: Callable[[str], str]) -> str:
    def mended(found: "regex.Match[str]") -> str:
        word = found.group()
        is_name = found.start() > 0 and word[0].isupper()
        return word if is_name or len(word) < SHORTEST_MENDED else nearest(word)

    return _WORD.sub(mended, text)


def _nearest(word: str, is_known: Callable[[str], bool]) -> str:
    lower = word.lower().replace("’", "'")
    bare = lower.removesuffix("'s").removesuffix("'")
    if not lower.isalpha() or lower in STOP_WORDS or any(map(is_known, terms(lower))):
        return word
    dictionary = _dictionary()  # which takes a fifth of a second to load
    if dictionary.known([lower, bare]):
        return word
    near = [one for one in dictionary.known(dictionary.edit_distance_1(lower)) if _may_be_meant(one, lower, is_known)]
    return max(sorted(near), key=dictionary.word_usage_frequency) if near else word


def _may_be_meant(candidate: str, typed: str, is_known: Callable[[str], bool]) -> bool:
    """Whether a word of the dictionary may be what was typed: it begins alike, and the library has it or need not."""
    is_like = len(typed) > SHORT or len(candidate) > len(typed) or sorted(candidate) == sorted(typed)
    stems = terms(candidate)  # none of a stop word
    return is_like and candidate[0] == typed[0] and (not stems or any(map(is_known, stems)))


@lru_cache(maxsize=1)
def _dictionary() -> "SpellChecker":
    from spellchecker import SpellChecker

    return SpellChecker(language="en")


@lru_cache(maxsize=1)
def _groups() -> tuple[tuple[tuple[tuple[str, ...], ...], ...], dict[tuple[str, ...], list[int]]]:
    """The groups of synonyms, each phrase as its stems, and in which groups a phrase stands."""
    lines = files("index").joinpath("words", "synonyms.txt").read_text("utf-8").splitlines()
    groups = tuple(
        tuple(stems for phrase in line.split(",") if (stems := tuple(terms(phrase))))
        for line in lines
        if line.strip() and not line.startswith("#")
    )
    member_of: dict[tuple[str, ...], list[int]] = {}
    for number, group in enumerate(groups):
        for phrase in dict.fromkeys(group):
            member_of.setdefault(phrase, []).append(number)
    return groups, member_of
