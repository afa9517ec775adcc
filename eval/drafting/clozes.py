"""Clozes: a sentence with a number left out, to be filled in. Said to be one, since nobody asks like that.

Knows nothing of other drafts.
"""

import re

from eval.cases import Gold
from eval.drafting.drafts import Draft
from eval.drafting.span_questions import is_told
from eval.drafting.tellers import Teller
from eval.gold import find_quote
from index.lexical import terms
from index.passages import sentence_spans
from index.stories import Story
from rag.patterns import MONEY, NUMBER, one_of

GAP = "_____"
WORDS = (8, 32)
"""Words of a sentence with a gap, at least and at most."""
LEAST_TOLD = 5
"""Content words that must be left, or nobody could say which sentence it is."""


def cloze_drafts(story: Story, teller: Teller) -> list[Draft]:
    """A draft of each of a story's sentences that has just one number, which says how much, how many or when."""
    drafts = []
    for start, end in sentence_spans(story.text):
        sentence = story.text[start:end]
        left_out = fact(sentence) if is_told(story.text, start, sentence) else None
        if left_out and find_quote(sentence, story.text):
            drafts.append(_draft(story, teller, sentence, left_out))
    return drafts


def fact(sentence: str) -> tuple[int, int] | None:
    """Where the number to leave out stands; None where there is none, or another beside it."""
    fits = WORDS[0] <= len(sentence.split()) <= WORDS[1] and not _POINTING.match(sentence)
    found = _FACT.search(sentence) if fits else None
    if found is None or found.lastgroup is None or len(_ANY_NUMBER.findall(sentence)) != 1:
        return None
    start, end = found.span(found.lastgroup)
    return (start, end) if len(terms(sentence[:start] + sentence[end:])) >= LEAST_TOLD else None


def _draft(story: Story, teller: Teller, sentence: str, left_out: tuple[int, int]) -> Draft:
    start, end = left_out
    gapped = f"{sentence[:start]}{GAP}{sentence[end:]}"
    return Draft(
        story=story.id,
        type="cloze",
        question=f"Fill in the gap in a sentence from {teller.whose}: “{gapped}”",
        answerable=True,
        reference=sentence[start:end],
        gold=(Gold(story.id, sentence),),
        note="made by rules: can only this fill the gap?",
        asked=gapped,
    )


_NOT_EXACT = one_of("one half couple few several single zero")
_MONTH = one_of("January February March April May June July August September October November December")
_FACT = re.compile(
    rf"(?P<money>{MONEY})(?![\w-])"
    rf"|\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|early|late|mid|{_MONTH},?)[ -](?:of )?(?P<year>(?:19|20)\d\d)\b(?!-)"
    rf"|(?<=[a-z] )(?!{_NOT_EXACT}\b)(?P<count>{NUMBER})(?= (?:[a-z-]+ )?[a-z]+s\b| ?%| percent\b)"
)
_ANY_NUMBER = re.compile(rf"{MONEY}|\b(?!{_NOT_EXACT}\b){NUMBER}\b", re.IGNORECASE)
_POINTING = re.compile(r"(?:Here|There|This|These|Those|That) ")
# Of its own text, or of what was said before.
