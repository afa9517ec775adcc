"""Corruption: true sentences of stories with the passages that carry them, and what becomes of them when made false.

A claim is a sentence that a story tells, with the passage in which it stands. It is tried as it is and retold in the
third person (`retelling.py`), each time true, with one detail altered (`alterations.py`), and with the passage of
another story that is nearest to it. After FactCC (Kryściński et al. 2020, arXiv:1910.12840), whose transformations
these extend. The same stories, number and seed give the same trials. Knows nothing of scores.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from eval.validating.alterations import ALTERATIONS, Surroundings, names_in, roles_in
from eval.validating.retelling import is_first_person, retold
from index.passages import Passage, sentences_within, split_story
from index.stories import Story
from rag.words import plain, read_words

WRONG_STORY = "wrong story"
KINDS = (*ALTERATIONS, WRONG_STORY)
"""What is made false, in the order of reports."""
FORMS = ("word for word", "retold")

FEWEST, MOST = 6, 45
"""Words of a sentence that is a claim: shorter ones say too little, longer ones are lists."""
TELLING = 4
"""The least number of telling words in it."""
PASSAGE_WORDS = 190
"""The most words of a passage; the index allows 256 tokens, which come to about as many."""
SEED = 20_261_121
_ENGLISH = frozenset({"a", "and", "for", "i", "in", "is", "it", "my", "of", "that", "the", "to", "was", "we", "with"})
# The rules are of English alone.


@dataclass(frozen=True)
class Claim:
    """A sentence that a story tells and the passage that has it."""

    story: str
    sentence: str
    passage: str


@dataclass(frozen=True)
class Trial:
    """A sentence to be judged against a passage. `kind` is what was made false, "" where it is true.

    `original` is the sentence that the story tells, `story` that story's id.
    """

    kind: str
    form: str
    story: str
    sentence: str
    passage: str
    original: str

    @property
    def is_true(self) -> bool:
        """Whether the passage carries the sentence."""
        return not self.kind


def trials(stories: Sequence[Story], count: int, seed: int = SEED) -> list[Trial]:
    """True claims, as many as `count` and spread over the stories, and their corruptions, one of each kind."""
    passages = {story.id: split_story(story, _count_words, PASSAGE_WORDS) for story in stories}
    chosen = _spread([_claims(story, passages[story.id], seed) for story in stories], count)
    library = _Library(stories, passages)
    return [trial for claim in chosen for trial in _trials(claim, library, seed)]


def _trials(claim: Claim, library: "_Library", seed: int) -> Iterator[Trial]:
    chooser = random.Random(f"{seed} {claim.story} {claim.sentence}")  # noqa: S311  # no secret
    true = Trial("", FORMS[0], claim.story, claim.sentence, claim.passage, claim.sentence)
    around = Surroundings(claim.passage, library.others(claim.story, "names"), library.others(claim.story, "roles"))
    made = [true]
    for kind, alteration in ALTERATIONS.items():
        variants = alteration(claim.sentence, around)
        chooser.shuffle(variants)
        fit = next((words for words in variants if not _says(claim.passage, words)), "")
        made += [replace(true, kind=kind, sentence=fit)] if fit else []
    wrong = library.nearest(claim)
    made += [replace(true, kind=WRONG_STORY, passage=wrong)] if wrong else []
    yield from made
    if is_first_person(claim.sentence):
        yield from (replace(one, form=FORMS[1], sentence=retold(one.sentence)) for one in made)


class _Library:
    """What is drawn on of other stories: names, roles, and the passages by their telling words."""

    def __init__(self, stories: Sequence[Story], passages: dict[str, list[Passage]]) -> None:
        self._words = {
            kind: {story.id: frozenset(find(story)) for story in stories}
            for kind, find in (("names", _names), ("roles", _roles))
        }
        self._passages = [passage for held in passages.values() for passage in held]
        self._with: dict[str, list[int]] = {}
        for number, passage in enumerate(self._passages):
            for stem in _stems(passage.text):
                self._with.setdefault(stem, []).append(number)

    def others(self, story: str, kind: str) -> list[str]:
        """Names or roles that other stories have and this one has not."""
        own = self._words[kind][story]
        return sorted(set(chain.from_iterable(self._words[kind].values())) - own)

    def nearest(self, claim: Claim) -> str | None:
        """The passage of another story that shares most of a claim's telling words, but not all of them."""
        stems = _stems(claim.sentence)
        shared = Counter(number for stem in stems for number in self._with.get(stem, ()))
        fit = [
            (-words, number)
            for number, words in shared.items()
            if words < len(stems) and self._passages[number].story_id != claim.story
        ]
        return self._passages[min(fit)[1]].text if fit else None


def _claims(story: Story, passages: Sequence[Passage], seed: int) -> list[Claim]:
    """A story's claims in an order of chance."""
    found = [
        Claim(story.id, story.text[start:end], passage.text)
        for passage in passages
        for start, end in sentences_within(story.text, passage.start, passage.end)
        if _is_claim(story.text[start:end])
    ]
    unique = list({claim.sentence: claim for claim in found}.values())
    random.Random(f"{seed} {story.id}").shuffle(unique)  # noqa: S311  # no secret
    return unique


def _is_claim(sentence: str) -> bool:
    words = sentence.split()
    if not FEWEST <= len(words) <= MOST or not sentence.endswith((".", "!")) or not sentence[0].isupper():
        return False
    if "http" in sentence or len(_ENGLISH.intersection(sentence.lower().split())) < 2:  # noqa: PLR2004  # one may be another language's
        return False
    return sum(word.tells for word in read_words(plain(sentence))) >= TELLING


def _spread(claims: Sequence[Sequence[Claim]], count: int) -> list[Claim]:
    """So many claims, taken from the stories in turns."""
    turns = (claim for turn in zip_longest(*claims) for claim in turn if claim is not None)
    return [claim for claim, _ in zip(turns, range(count), strict=False)]


def _names(story: Story) -> Iterator[str]:
    return (name for line in story.text.split("\n") for name in names_in(line))


def _roles(story: Story) -> Iterator[str]:
    told = f"{story.origin} and {story.destination}"
    return (role.lower() for role in roles_in(f"{told}\n{story.text}"))


def _stems(text: str) -> frozenset[str]:
    return frozenset(word.stem for word in read_words(plain(text)) if word.tells)


def _says(passage: str, sentence: str) -> bool:
    """Whether a passage has a sentence by its letters and digits."""
    letters = ["".join(filter(str.isalnum, text.casefold())) for text in (passage, sentence)]
    return letters[1] in letters[0]


def _count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]
