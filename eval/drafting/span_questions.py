"""Span questions: a sentence that tells a fact → a question that the fact answers, by rules alone.

What somebody did is turned round: "I sent forty applications." → "How many applications did … send?". Most sentences
give none: fewer questions that can be kept are worth more than many. How a sentence is taken apart is clauses.py's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from eval.cases import Gold
from eval.drafting.clauses import Clause, as_told_by_others, clauses, is_clear
from eval.drafting.drafts import Draft
from eval.drafting.tellers import Teller
from eval.gold import find_quote
from index.lexical import terms
from index.passages import sentence_spans
from index.stories import Story
from rag.patterns import MONEY, NUMBER, one_of

MOST_WORDS = 45
"""Words of a sentence that is asked about; a longer one is a poor quote."""
LONGEST_COPY = 7
"""Words in a row that a question may have from its sentence."""


@dataclass(frozen=True)
class Asked:
    """A question with {who} in it, the words of the sentence that answer it, and the kind of fact they are."""

    question: str
    answer: str
    kind: str


def span_drafts(story: Story, teller: Teller) -> list[Draft]:
    """Drafts from a story's sentences: those of other kinds of facts before further ones of the same."""
    found = []
    for start, end in sentence_spans(story.text):
        sentence = story.text[start:end]
        asked = next(questions(sentence, teller.subject), None) if is_told(story.text, start, sentence) else None
        if asked and find_quote(sentence, story.text):
            found.append((asked, sentence))
    kinds = [asked.kind for asked, _ in found]
    order = sorted(range(len(found)), key=lambda place: kinds[:place].count(kinds[place]))
    drafts = [_draft(story, teller, *found[place]) for place in order]
    return [draft for draft in drafts if not set(terms(draft.reference)) <= set(terms(draft.question))]


def questions(sentence: str, subject: str) -> Iterator[Asked]:
    """The questions that a sentence answers, the most telling first. `subject` is a pattern for the person."""
    found = [asked(sentence) for asked in (_how_long_it_took, _what_stood_out)]
    for clause in clauses(sentence, subject):
        found += [_why(clause, sentence), *(asked(clause) for asked in _OF_CLAUSE)]
        if not _GOES_ON.match(sentence, clause.end):
            found.append(_which(clause))
    for asked in found:
        if asked and copied(asked.question, sentence) <= LONGEST_COPY:
            yield asked


def is_told(text: str, start: int, sentence: str) -> bool:
    """Whether a sentence is the teller's own and whole: no heading, no speech, no item of a list."""
    line = text.rfind("\n", 0, start) + 1
    is_whole = sentence.endswith((".", "!")) and not sentence.startswith(("“", '"', "‘", "'"))
    return is_whole and not _MARKED.match(text, line) and len(sentence.split()) <= MOST_WORDS and "http" not in sentence


def copied(question: str, sentence: str) -> int:
    """How many words in a row a question has from its sentence."""
    said, told = (re.findall(r"[\w'’]+", text.lower()) for text in (question, sentence))
    return SequenceMatcher(None, said, told, autojunk=False).find_longest_match().size


def _draft(story: Story, teller: Teller, asked: Asked, sentence: str) -> Draft:
    return Draft(
        story=story.id,
        type="single",
        question=asked.question.replace("{who}", teller.who),
        answerable=True,
        reference=asked.answer,
        gold=(Gold(story.id, sentence),),
        note=f"made by rules ({asked.kind}): does the quote answer it? Better in your own words",
        asked=asked.question,
    )


def _why(clause: Clause, sentence: str) -> Asked | None:
    reason = _BECAUSE.match(sentence, clause.end)
    did = clause.asked(clause.rest) if reason else ""
    return Asked(f"Why {did}?", reason[0].strip(" ,.!"), "reason") if did and reason else None


def _how_old(clause: Clause) -> Asked | None:
    age = _AGE.match(clause.lead) if clause.is_plain else None
    past = " ".join([clause.verb, *as_told_by_others(clause.rest.split())])
    is_usable = age and clause.asked(clause.rest)
    return Asked(f"How old was {{who}} when they {past}?", age["age"], "age") if age and is_usable else None


def _when(clause: Clause) -> Asked | None:
    first, last = _DATE_FIRST.match(clause.lead), _DATE_LAST.search(clause.rest)
    date = first or last
    did = clause.asked(clause.rest if first else _DATE_LAST.sub("", clause.rest)) if date else ""
    return Asked(f"When {did}?", date["date"], "date") if did and date else None


def _how_long(clause: Clause) -> Asked | None:
    found = _FOR_LONG.search(clause.rest) or (_LONG.match(clause.rest) if clause.verb == "spent" else None)
    did = clause.asked(clause.rest[: found.start()] + clause.rest[found.end() :]) if found else ""
    return Asked(f"How long {did}?", found["fact"], "duration") if did and found else None


def _how_soon(clause: Clause) -> Asked | None:
    found = _WITHIN.match(clause.lead) if clause.is_plain else None
    did = clause.asked(clause.rest).removeprefix("did {who} ") if found else ""
    return Asked(f"How long did it take {{who}} to {did}?", found["fact"], "duration") if did and found else None


def _how_much(clause: Clause) -> Asked | None:
    found = _AMOUNT.match(clause.rest)
    did = clause.asked(clause.rest[found.end() :]) if found else ""
    return Asked(f"How much {did}?", found["fact"], "amount of money") if did and found else None


def _how_many(clause: Clause) -> Asked | None:
    found = _MANY.match(clause.rest) if clause.verb not in {"spent", "was"} else None
    did = clause.asked((found["particle"] or "") + clause.rest[found.end() :], may_be_empty=True) if found else ""
    return Asked(f"How many {found['things']} {did}?", found["fact"], "number") if did and found else None


def _which(clause: Clause) -> Asked | None:
    found = _NAMED.search(clause.rest) if clause.is_plain and clause.verb in _TAKEN else None
    if not found:
        return None
    kind, name = found["kind"] or found["kind_after"], found["name"] or found["name_before"]
    return Asked(f"Which {kind} did {{who}} {clause.base}?", name.strip('“” "'), "name")


def _where(clause: Clause) -> Asked | None:
    found = _PLACE.match(clause.rest) if clause.is_plain and clause.verb in _WENT else None
    return Asked(f"Where did {{who}} {clause.base} to?", found["name"], "place") if found else None


def _what(clause: Clause) -> Asked | None:
    thing = clause.rest.strip()
    is_one = clause.is_plain and clause.verb in _MADE and not clause.lead and _THING.fullmatch(thing)
    return Asked(f"What did {{who}} {clause.base}?", thing, "thing") if is_one and is_clear(thing) else None


_OF_CLAUSE = (_how_old, _when, _how_long, _how_soon, _how_much, _how_many, _where, _what)


def _how_long_it_took(sentence: str) -> Asked | None:
    found = _TOOK.match(sentence)
    done = " ".join(as_told_by_others(found["done"].split())) if found else ""
    is_usable = found and is_clear(found["done"]) and len(terms(done)) > 1
    return Asked(f"How long did it take {{who}} to {done}?", found["fact"], "duration") if found and is_usable else None


def _what_stood_out(sentence: str) -> Asked | None:
    found = _SUPERLATIVE.match(sentence)
    if not found or not is_clear(found["thing"]) or _VAGUE.match(found["answer"]):
        return None
    whose = "for {who}" if found["the"] == "The" else "of {who}"
    return Asked(
        f"What was the {found['most']}{found['thing']} {whose}?", found["answer"].strip(" .!"), "what stood out"
    )


_MARKED = re.compile(r"\s*(?:[#*>|-]|\d+[.)] )")
_BECAUSE = re.compile(r",? because (?!of\b)(?:[^\s.;:!?()]+(?: |(?=[.!]))){4,40}")
_ROUGHLY = (
    r"(?:(?:about|around|nearly|almost|over|only|just|some|roughly|approximately|more than|less than|at least|"
    r"the (?:next|last|past|first)) )?"
)
_NUMERAL = rf"(?:{NUMBER}(?:[ -](?:and a half|{NUMBER}))*|an?(?= (?:year|month|week)))"
_UNIT = r"(?:year|month|week|day|hour|minute)s?"
_LONG_TIME = rf"{_ROUGHLY}{_NUMERAL}[ -]{_UNIT}(?: and a half)?"
_MONTH = one_of("January February March April May June July August September October November December")
_PART = r"(?:(?:early|late|mid|the (?:spring|summer|autumn|fall|winter|end|beginning) of)[ -])"
_DATE = rf"{_PART}?(?:{_MONTH},? (?:of )?)?(?:19|20)\d\d"
_AGE = re.compile(
    rf"(?:At (?:the )?(?:age (?:of )?)?|When (?:I|he|she) was )(?P<age>\d\d|{NUMBER}(?:-{NUMBER})?)(?: years old)?,? $",
    re.IGNORECASE,
)
_DATE_FIRST = re.compile(rf"(?:In|On|Around|During) (?P<date>{_DATE}),? $", re.IGNORECASE)
_DATE_LAST = re.compile(rf" (?:in|around|during) (?P<date>{_DATE})$")
_WITHIN = re.compile(rf"(?:In|Within) (?P<fact>{_LONG_TIME}),? $", re.IGNORECASE)
_FOR_LONG = re.compile(rf" for (?P<fact>{_LONG_TIME})(?= |$)")
_LONG = re.compile(rf" (?P<fact>{_LONG_TIME})(?= )")
_AMOUNT = re.compile(rf" (?P<fact>{_ROUGHLY}{MONEY})(?= )", re.IGNORECASE)
_VAGUE_NUMBER = one_of("one half couple few several single hundreds? thousands? dozens? zero")
_MANY = re.compile(
    rf"(?P<particle> (?:off|out|up|in|with|to|for|at))? (?P<fact>{_ROUGHLY}(?!{_VAGUE_NUMBER}\b){NUMBER}) "
    rf"(?P<things>(?!{_UNIT}\b|of\b|other\b|more\b)(?:[a-z-]+ ){{0,2}}?[a-z]+(?<!s)s|people)(?= |$)"
)
_KIND = one_of("book course bootcamp program programme degree fellowship class podcast university school academy")
_NAME = r"(?:[“\"][A-Z][^”\"]+[”\"]|[A-Z][\w.+'’]*(?: (?:(?:of|the|for|and|in) )?[A-Z0-9][\w.+'’]*)*)"
_NAMED = re.compile(
    rf"\b(?P<kind>{_KIND}) (?:(?:called|named|at|from) (?:the )?)?(?P<name>{_NAME})"
    rf"|\b(?:the |a |an )(?P<name_before>{_NAME}) (?P<kind_after>{_KIND})\b"
)
_GOES_ON = re.compile(r",? and [A-Z]")
# A name, or another one: which of both, only a reader knows.
_TAKEN = frozenset({"read", "took", "finished", "completed", "attended", "joined", "bought", "did", "watched", "chose"})
_WENT = frozenset({"moved", "relocated", "emigrated"})
_PLACE = re.compile(rf"^(?: back| out| abroad)? to (?:the )?(?P<name>{_NAME})(?= |$)")
_MADE = frozenset({"built", "studied", "created", "organised", "organized", "launched", "founded", "taught", "opened"})
_THING = re.compile(
    r"(?!(?:for|with|to|in|at|on|from|by|the|my|his|her) )(?:(?:an?|two|three|some) )?"
    r"(?:[\w'’.+#-]+ ){0,6}[\w'’.+#-]{4,}"
)
_TOOK = re.compile(
    rf"(?:[A-Z]\w+,? )?[Ii]t (?:ended up taking|has taken|had taken|took) (?:(?:me|him|her|us) )?(?P<fact>{_LONG_TIME})"
    r"(?: of [\w ]{3,25}?)? to (?P<done>[^,;:.!?()–—]+?)"
    r"(?= (?:and|but|so|because|which|when|after|before)\b|[,;:.!?()–—])"
)
_SUPERLATIVE = re.compile(
    r"(?P<the>The|My|His|Her) (?:(?:single|very) )?"
    r"(?P<most>(?:hardest|best|worst|biggest|toughest|greatest|most [a-z]+) |(?<!The )(?:main|favou?rite|first|last) |"
    r"(?<!The )(?=(?:advice|goal|plan|dream|motivation|mistake|role|title|degree|background|strategy) ))"
    r"(?P<thing>(?:[a-z-]+ ){0,4}?[a-z]+)(?: (?:for|to) (?:me|him|her)| at the time| then)? "
    r"(?:was|is|has been|would be) "
    r"(?P<answer>(?!not\b|also\b|when\b|[a-z]+ed\b)(?:\S+ ){2,25}?\S+[.!])$"
)
_VAGUE = re.compile(
    r"(?:this|that|it|these|those|so|very|too|quite|really|pretty|definitely|probably)\b", re.IGNORECASE
)
