"""Denials: a sentence → the sentence with a denial put in or taken out, in one of several constructions.

"I finished" becomes "I never finished" or "I didn't finish", "without a degree" becomes "with a degree". By rules of
English alone, which decline where they are not sure. Knows nothing of stories and of scores.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from eval.drafting.verbs import BASE_FORMS

if TYPE_CHECKING:
    from spellchecker import SpellChecker


def flipped(sentence: str) -> list[str]:
    """Every way that the rules know to make the sentence deny what it affirms, or the other way round.

    A denial is put in only where there is none yet: two might say nothing new.
    """
    taken_out = _taken_out(sentence)
    found = taken_out if _DENIES.search(sentence) else [made for made in _put_in(sentence) if not _TURN.search(made)]
    return list(dict.fromkeys(made for made in found if made != sentence))


def _taken_out(sentence: str) -> list[str]:
    """Without one denial, the first of its construction."""
    return [
        _joined(sentence[: found.start()], found.expand(words), sentence[found.end() :])
        for pattern, words in _TAKEN_OUT
        if (found := pattern.search(sentence))
    ]


def _put_in(sentence: str) -> Iterator[str]:
    """With a denial: of an auxiliary, of a verb in the past or the present, or of what something is done with."""
    for pattern, replacements in _PUT_IN:
        found = pattern.search(sentence)
        if found:
            for words in replacements:
                yield _joined(sentence[: found.start()], found.expand(words), sentence[found.end() :])
    past = _PAST.search(sentence)
    base = _base_form(past["verb"]) if past else None
    if past and base:
        before, after = sentence[: past.start("verb")], sentence[past.end("verb") :]
        yield f"{before}did not {base}{after}"
        yield f"{before}didn't {base}{after}"
        yield f"{before}never {past['verb']}{after}"


def _joined(before: str, middle: str, after: str) -> str:
    text = re.sub(r"  +", " ", before + middle + after)
    return text[:1].upper() + text[1:] if before == "" else text


def _base_form(past: str) -> str | None:
    """A verb as it stands after "did not": from a list, or by its spelling; None if unknown."""
    if past in BASE_FORMS:
        return BASE_FORMS[past]
    if not past.endswith("ed"):
        return None
    stem = past[:-2]
    spellings = [stem[:-1] + "y"] if stem.endswith("i") else [stem, stem + "e"]
    if len(stem) > 2 and stem[-1] == stem[-2]:  # noqa: PLR2004  # "added" and "planned" alike have two at the end
        spellings.append(stem[:-1])
    words = _dictionary()
    if _SHORT.fullmatch(stem) and words.known([stem + "e"]):
        return stem + "e"  # else "scraped" would come of "scrap", whose p is written twice
    known = sorted(words.known(spellings))
    return max(known, key=words.word_usage_frequency) if known else None


@lru_cache(maxsize=1)
def _dictionary() -> "SpellChecker":
    from spellchecker import SpellChecker

    return SpellChecker(language="en")


_SHORT = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")
_APOSTROPHE = "['’]"
_DENIES = re.compile(
    rf"\b(?:not|no|never|nobody|nothing|none|nor|neither|cannot|without|unable|hardly|barely|rarely|un\w+ed)\b"
    rf"|n{_APOSTROPHE}t\b",
    re.IGNORECASE,
)
_TURN = re.compile(rf"(?:not|n{_APOSTROPHE}t) (?:only|just|necessarily|all|every)\b")
"""Denials that deny less than they seem to."""
_BE = "am|is|are|was|were"
_AUXILIARIES = f"{_BE}|can|could|will|would|should|has|have|had|does|did|do|may|might|must"
_ONLY_AS_A_TURN = r"(?!\s+(?:only|just|necessarily|to mention|least|until|surprising|unlike|uncommon))"

_TAKEN_OUT = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (rf"\b((?i:do|does|did|is|are|was|were|has|have|had|would|could|should))n{_APOSTROPHE}t\b(?! get me)", r"\1"),
        (rf"\b([Cc])(?:an{_APOSTROPHE}t|annot)\b", r"\1an"),
        (rf"\bwon{_APOSTROPHE}t\b", "will"),
        (rf"(?<!or )(?<!if )(?<!hy )\bnot\b{_ONLY_AS_A_TURN} ", ""),
        (r"\bnever (?!mind\b)", ""),
        (r"\bno longer\b", "still"),
        (r"\b(had|have|has|with|got|there (?:was|were|is|are)) no (?!longer|doubt|matter|wonder)", r"\1 some "),
        (r"\bwithout (?:any )?(?!a doubt|doubt|\w+ing\b)", "with "),
        (r"\b(?:nobody|no one)\b", "everybody"),
        (r"\b(?:Nobody|No one)\b", "Everybody"),
        (r"\bnothing\b(?! but| to do)", "everything"),
        (r"\bnone of\b", "all of"),
        (r"\bunable to\b", "able to"),
    )
)

_SUBJECT = r"(?<!if )(?<!what )(?<!how )(?<!than )(?<!as )\b(?P<who>I|[Ww]e|[Ii]t|[Tt]his|[Tt]hat|[Tt]hey|[Hh]e|[Ss]he)"
_ADVERB = r"(?: (?:also|still|then|soon|finally|eventually|really|quickly|actually|even|always|just))?"
_PARTICIPLE = (
    r"(?=been|had|done|gone|got|made|taken|seen|found|become|come|known|given|\w+ed\b|always|already|just|never)"
)
_PRESENT = (
    "want|love|like|think|believe|know|feel|work|use|enjoy|need|hope|see|find|make|recommend|live|teach|write|regret|miss"
    "|understand|remember|plan|agree|wish|study"
)
_PUT_IN = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (rf"{_SUBJECT} (?P<aux>is|are|was|were|could|would|should)\b", (r"\g<who> \g<aux> not", r"\g<who> \g<aux>n't")),
        (rf"{_SUBJECT} (?P<aux>am|may|might|must|will)\b", (r"\g<who> \g<aux> not",)),
        (rf"{_SUBJECT} can\b", (r"\g<who> cannot", r"\g<who> can't")),
        (rf"{_SUBJECT} (?P<aux>has|have|had) {_PARTICIPLE}", (r"\g<who> \g<aux> not ", r"\g<who> \g<aux>n't ")),
        (rf"{_SUBJECT} had (?!{_PARTICIPLE})", (r"\g<who> did not have ", r"\g<who> didn't have ")),
        (rf"\b(?P<who>I|[Ww]e) have (?!{_PARTICIPLE})", (r"\g<who> do not have ", r"\g<who> don't have ")),
        (rf"\b(?P<who>I{_APOSTROPHE}m|[Ii]t{_APOSTROPHE}s|[Tt]hat{_APOSTROPHE}s) (?!been|got)", (r"\g<who> not ",)),
        (rf"\bI{_APOSTROPHE}ve\b", ("I haven't", "I have never")),
        (
            rf"\b(?P<who>I|[Ww]e){_ADVERB} (?P<verb>{_PRESENT})\b",
            (r"\g<who> don't \g<verb>", r"\g<who> do not \g<verb>", r"\g<who> never \g<verb>"),
        ),
        (r"\bwith (?P<what>a|an|any|my|the help of)\b", (r"without \g<what>",)),
        (r"\bable to\b", ("unable to",)),
    )
)
_PAST = re.compile(rf"{_SUBJECT}{_ADVERB} (?P<verb>[a-z]{{2,}}ed|{'|'.join(BASE_FORMS)})\b")
