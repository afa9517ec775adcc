"""Clauses: what a sentence says that its teller did, taken apart so that a question can be made of it.

Only clauses that begin with the person, or with a time and the person, and whose verb is in a list are found; English
is not parsed. Knows nothing of kinds of facts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.drafting.verbs import BASE_FORMS
from index.lexical import terms
from rag.patterns import one_of

MOST_CARRIED = 9
"""Words of what somebody did that a question may carry."""


@dataclass(frozen=True)
class Clause:
    """A `lead` such as "In 2014, ", an auxiliary or "", a verb in the past tense, and the `rest` up to the next clause.

    `end` is where the rest ends in the sentence.
    """

    lead: str
    auxiliary: str
    verb: str
    rest: str
    end: int

    @property
    def is_plain(self) -> bool:
        """Whether it has the form that "did" asks for."""
        return not self.auxiliary and self.verb != "was"

    @property
    def base(self) -> str:
        """The verb as it follows "did"."""
        return BASE_FORMS.get(self.verb, self.verb)

    def asked(self, carried: str, may_be_empty: bool = False) -> str:
        """What was done, as a question goes on: "did {who} quit their job"; "" if that cannot be understood alone."""
        words = carried.strip(" ,").split()
        tells = bool(terms(carried)) or (may_be_empty and not words)
        if not tells or not is_clear(carried) or (self.auxiliary and self.verb == "was"):
            return ""
        if self.is_plain:
            return " ".join(["did {who}", self.base, *as_told_by_others(words)])
        begin = f"{_ASKED_WITH[self.auxiliary]} {{who}} {self.verb}" if self.auxiliary else "was {who}"
        return " ".join([begin, *as_told_by_others(words)])


def clauses(sentence: str, subject: str) -> Iterator[Clause]:
    """The clauses of a sentence in order. `subject` is a pattern for the words that mean the person."""
    for found in re.finditer(_CLAUSE.replace("SUBJECT", subject), sentence):
        yield Clause(
            found["lead"] or "", (found["auxiliary"] or "").lower(), found["verb"].lower(), found["rest"], found.end()
        )


def is_clear(words: str) -> bool:
    """Whether words are few, and say by themselves what they mean."""
    return len(words.split()) <= MOST_CARRIED and not _UNCLEAR.search(words)


def as_told_by_others(words: Sequence[str]) -> list[str]:
    """The person's words of themselves as somebody else says them."""
    return [_THEIRS.get(word.lower(), word) for word in words]


_ASKED_WITH = {"had": "had", "have": "has", "has": "has"}
_VERB = one_of(" ".join(["was", *sorted(BASE_FORMS, key=len, reverse=True)]))
_OTHER_CLAUSE = one_of(
    """and but so because which who while when where though although after before until since as if that or then than
    whether"""
)
_WORD = r"[^\s,;:.!?()–—]+(?:\.\d+)?(?:,\d{3})*"
_BEGIN = (
    r"(?:^|(?<=[,;:–—] )|(?<= and )|(?<= so )|(?<= but ))"
    r"(?:(?:[Ss]o|[Tt]hen|[Aa]nd|[Bb]ut|[Ss]ince)\b,? |[A-Z]\w+ly,? )?"
)
_LEAD = r"(?P<lead>(?:[Ii]n|[Aa]t|[Ww]hen|[Aa]round|[Oo]n|[Dd]uring|[Aa]fter|[Bb]y|[Ww]ithin)\b[^,.;:]{2,45}?,? )?"
_ADVERB = r"(?:(?:also|then|eventually|just|soon|first|even|still|already|\w+ly) )?"
_CLAUSE = (
    rf"{_BEGIN}{_LEAD}(?:SUBJECT) {_ADVERB}(?:(?P<auxiliary>had|have|has) )?(?P<verb>{_VERB})\b"
    rf"(?P<rest>(?: (?!(?!and a half\b){_OTHER_CLAUSE}\b){_WORD})*)(?=[\s,;:.!?()–—])"
)
_UNCLEAR = re.compile(
    r"\b(?:it|its|this|that|these|those|them|they|there|here|such|so|ones?|another|others?|same|which|who|what|how|"
    r"i|we|us|our|you|your|he|she|also|not|never|no|the (?:first|next|latter|former|following|last|second|third))\b"
    r"|n['’]t\b|[“”\"\[\]{}*_<>|/\\]",
    re.IGNORECASE,
)
# Words that only the sentences before make clear, and marks that were cut apart.
_THEIRS = {
    "my": "their",
    "his": "their",
    "her": "their",
    "me": "them",
    "him": "them",
    "mine": "theirs",
    "myself": "themselves",
    "himself": "themselves",
    "herself": "themselves",
}
