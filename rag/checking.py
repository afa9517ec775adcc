"""A written answer → the same, each sentence held against the words it cites.

Owns which sentences claim something, when a sentence is given another source, when an answer is poor, and what is
left of one where the unsupported is left out. Pure but for the judge that is handed in, `grounding.support` if none is:
how support is told is not known here.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from index.search import Hit
from index.stories import Story
from rag.answer import SILENT, Answer, Citation, Sentence
from rag.citations import resolve, without_marks
from rag.comparison import compare
from rag.grounding import Judge, Support, support
from rag.words import plain, read_words

LONGEST_LEAD_IN = 14
"""Words of a heading or lead-in, at most: a longer one says something."""
KNOWN = 0.5
"""Share of its telling words that the question and the passages must have, in what claims nothing."""
FEWEST_TELLING = 3
"""Telling words that a sentence must have to be given another source: fewer may stand in a passage by chance."""
MOSTLY_THERE = 0.9
"""Share of its telling words that the other source must have: of nine or fewer, all."""
POOR_SHARE, POOR_SOME, HALF = 1 / 3, 2, 1 / 2
"""An answer is poor where more than this share of its claims, and so many, are unsupported; or half of them."""

Edit = Callable[[Sentence], str]
"""What becomes of a sentence in the draft that an answer is made of anew; "" where it is left out."""


def checked(answer: Answer, judge: Judge = support) -> Answer:
    """The answer with the support of each sentence; None for those that claim nothing."""
    by_number = {citation.number: citation for citation in answer.citations}
    known = [SILENT, answer.standalone, answer.question, *(source(hit) for hit in answer.hits)]
    sentences = (
        replace(
            sentence,
            support=None if _claims_nothing(sentence, answer.text, known) else _support(sentence, by_number, judge),
        )
        for sentence in answer.sentences
    )
    return replace(answer, sentences=tuple(sentences))


def cited_anew(answer: Answer, judge: Judge = support) -> Answer:
    """A checked answer whose unsupported sentences cite the retrieved passage that supports them, where one does."""
    sources = {sentence: supporting(sentence, answer, judge) for sentence in unsupported(answer)}
    found = {sentence: place for sentence, place in sources.items() if place is not None}
    if not found:
        return answer
    edited = _edited(answer, lambda one: _citing(one, found[one]) if one in found else _draft_of(one, answer), judge)
    return replace(edited, repairs=answer.repairs + len(found))


def without_unsupported(answer: Answer, judge: Judge = support) -> Answer:
    """A checked answer without its unsupported sentences, nor lead-ins to them; empty if no claim is left."""
    bad = unsupported(answer)
    if not bad:
        return answer
    kept = {sentence for sentence in answer.sentences if sentence not in bad and sentence.support is not None}
    if kept:
        kept |= {one for place, one in enumerate(answer.sentences) if _leads_to(answer.sentences[place:], kept)}
    edited = _edited(answer, lambda one: _draft_of(one, answer) if one in kept else "", judge)
    return replace(edited, dropped_sentences=answer.dropped_sentences + len(bad))


def unsupported(answer: Answer) -> tuple[Sentence, ...]:
    """The sentences of a checked answer that their citations do not support."""
    return tuple(one for one in answer.sentences if one.support is not None and one.support.verdict == "unsupported")


def is_poor(answer: Answer) -> bool:
    """Whether too much of a checked answer is unsupported to leave it at marking."""
    bad, claims = len(unsupported(answer)), sum(sentence.support is not None for sentence in answer.sentences)
    return bool(bad) and (bad >= claims * HALF or (bad >= POOR_SOME and bad > claims * POOR_SHARE))


def is_better(answer: Answer, than: Answer) -> bool:
    """Whether a checked answer has claims, and fewer unsupported ones for each than another."""
    return _share(answer) < _share(than)


def supporting(sentence: Sentence, answer: Answer, judge: Judge) -> int | None:
    """The place of the retrieved passage that supports a sentence best, if one does beyond chance.

    It is one of whom the sentence tells: of the stories cited by it or by what leads up to it in its paragraph, or of
    one that it names. What is true of somebody else is no support.
    """
    claim = without_marks(sentence.text)
    telling = _telling(claim)
    if len(telling) < FEWEST_TELLING:
        return None
    meant = _meant(sentence, answer)
    known = {word for story in meant for word in _telling(_teller(story))}
    own = {story.id for story in meant}
    sources = {
        place: source(hit)
        for place, hit in enumerate(answer.hits)
        if not meant or hit.story.id in own or (set(_telling(_teller(hit.story))) - known) & set(telling)
    }
    holding = [place for place, one in sources.items() if compare(claim, [one]).word_coverage >= MOSTLY_THERE]
    found = [(judge(claim, [sources[place]]), -place) for place in holding]
    fit = [(judged.score, place) for judged, place in found if judged.verdict == "supported"]
    return -max(fit)[1] if fit else None


def source(hit: Hit) -> str:
    """What a sentence is checked against: who is speaking, and the passage."""
    return f"{hit.story.byline}\n{hit.passage.text}"


def _share(answer: Answer) -> float:
    claims = sum(sentence.support is not None for sentence in answer.sentences)
    return len(unsupported(answer)) / claims if claims and answer.citations else 1.0


def _support(sentence: Sentence, by_number: dict[int, Citation], judge: Judge) -> Support:
    cited = [by_number[number] for number in sentence.citations]
    return judge(sentence.text, [source(Hit(citation.passage, citation.story, 0.0)) for citation in cited])


def _telling(text: str) -> list[str]:
    """The stems of the words that tell something."""
    return [word.stem for word in read_words(plain(text)) if word.tells]


def _meant(sentence: Sentence, answer: Answer) -> list[Story]:
    """The stories that a sentence cites, and those of the last one before it in its paragraph that cites any."""
    paragraph = answer.text.rfind("\n", 0, sentence.start)
    before = [one for one in answer.sentences if paragraph < one.start < sentence.start and one.citations][-1:]
    numbers = {number for one in (sentence, *before) for number in one.citations}
    return [citation.story for citation in answer.citations if citation.number in numbers]


def _teller(story: Story) -> str:
    """What whoever tells a story is called by."""
    return f"{story.origin} {story.author}".strip() or story.title


def _claims_nothing(sentence: Sentence, whole: str, known: Sequence[str]) -> bool:
    """Whether a sentence only announces others, or says what the stories lack, in words that are no news."""
    text = without_marks(sentence.text).strip()
    if sentence.citations or len(text.split()) > LONGEST_LEAD_IN * 2:
        return False
    compared = compare(text.strip("#*: "), known)
    before = whole[whole.rfind("\n", 0, sentence.start) + 1 : sentence.start]
    is_announcing = text.endswith(":") or text.startswith("**") or before.lstrip().startswith("#")
    is_lead_in = is_announcing and len(text.split()) <= LONGEST_LEAD_IN
    if not (is_lead_in or compared.features["admits"]):
        return False
    return compared.word_coverage >= KNOWN and not compared.unseen_numbers and not compared.unseen_names


def _leads_to(sentences: Sequence[Sentence], kept: set[Sentence]) -> bool:
    """Whether the first sentence claims nothing, and leads to one that is kept if it is a lead-in."""
    first, *following = sentences
    if first.support is not None:
        return False
    if not without_marks(first.text).rstrip().endswith(":"):
        return True
    led_to = itertools.takewhile(lambda sentence: sentence.support is not None, following)
    return any(sentence in kept for sentence in led_to)


def _edited(answer: Answer, edit: Edit, judge: Judge) -> Answer:
    """The answer made anew from its text with some sentences changed, and checked."""
    draft, done = "", 0
    for sentence in answer.sentences:
        draft += answer.text[done : sentence.start] + edit(sentence)
        done = sentence.end
    resolved = resolve(_tidied(draft + answer.text[done:]), answer.hits)
    made = replace(answer, text=resolved.text, sentences=resolved.sentences, citations=resolved.citations)
    return checked(made, judge)


def _draft_of(sentence: Sentence, answer: Answer) -> str:
    """A sentence as a draft has it: its marks count passages, not citations."""
    places = {citation.number: _place(citation, answer.hits) for citation in answer.citations}
    text = sentence.text
    for number in sentence.citations:
        text = text.replace(f"[{number}]", f"[\0{places[number] + 1}]")
    return text.replace("\0", "")


def _citing(sentence: Sentence, place: int) -> str:
    return f"{without_marks(sentence.text).rstrip()} [{place + 1}]"


def _place(citation: Citation, hits: Sequence[Hit]) -> int:
    return next(place for place, hit in enumerate(hits) if hit.passage == citation.passage)


def _tidied(draft: str) -> str:
    """Without the empty lines, items and spaces that sentences left behind."""
    lines = [
        "" if _EMPTY_ITEM.fullmatch(line) else _GAP.sub(lambda gap: " " * bool(gap.start()), line.rstrip())
        for line in draft.split("\n")
    ]
    paragraphs = (paragraph.strip() for paragraph in re.split(r"\n{2,}", "\n".join(lines)))
    return "\n\n".join(filter(None, paragraphs))


_EMPTY_ITEM = re.compile(r"\s*(?:[-*•>“”]+|\d+[.)])\s*")
_GAP = re.compile(r"(?<=\S) {2,}|^ +(?=[^\s*•>\d-])")
