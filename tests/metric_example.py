"""The example of docs/metrics.md in code: two stories, seven cases, a judge, and what to make others of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from eval.cases import Case, Gold
from eval.gold import Span
from eval.result import CaseResult
from eval.scoring.judging import Opinion
from index.passages import Passage
from index.search import Hit
from index.stories import Story
from rag.answer import Answer, Citation, Sentence
from rag.grounding import Support, Verdict
from tests.chatbots import Shelf, answered, quoted, refused, story

BAKER_1, BAKER_2 = "I baked bread for ten years.", "A free Python course took me seven months."
LAWYER_1, LAWYER_2 = "I was a lawyer in Porto.", "I learned SQL from a colleague."
BAKER = story("baker.md", f"{BAKER_1}\n\n{BAKER_2}")
LAWYER = story("lawyer.md", f"{LAWYER_1}\n\n{LAWYER_2}")


@dataclass(frozen=True)
class Paragraphs(Shelf):
    """Stories of which each paragraph is a passage."""

    def story_passages(self, identity: str) -> tuple[Passage, ...]:
        text = self.story(identity).text
        cut = text.index("\n\n")
        places = [(0, cut), (cut + 2, len(text))]
        return tuple(Passage(identity, number, *place, text[slice(*place)]) for number, place in enumerate(places))


SHELF = Paragraphs((BAKER, LAWYER))


def by_quotes(sentence: str, passages: Sequence[str]) -> Support:
    """The judge of the example: a claim is supported by passages that have the words it quotes."""
    words = re.sub(r"^.*“|”.*$| \[\d\]", "", sentence)
    verdict: Verdict = "supported" if any(words in passage for passage in passages) else "unsupported"
    return Support(float(verdict == "supported"), verdict)


def case(identity: str, kind: str = "single", *gold: str) -> Case:
    answerable = kind not in {"unanswerable", "out_of_scope", "injection"}
    golds = tuple(Gold(teller(words).id, words) for words in gold)
    return Case(identity, kind, f"question {identity}?", answerable=answerable, gold=golds)


def teller(words: str) -> Story:
    return BAKER if words in BAKER.text else LAWYER


def span(words: str) -> Span:
    told = teller(words)
    return Span(told.id, told.text.index(words), told.text.index(words) + len(words))


def hit(words: str) -> Hit:
    place = span(words)
    return Hit(Passage(place.story, 0, place.start, place.end, words), teller(words), 1.0)


def past_the_end(number: int) -> Citation:
    return replace(quoted(number, LAWYER, LAWYER_2), quote_start=50, quote_end=90)


def result(asked: Case, answer: Answer | None = None, error: str = "") -> CaseResult:
    return CaseResult(asked, tuple((span(gold.quote),) for gold in asked.gold), answer, error)


def the_example() -> dict[str, CaseResult]:
    """The seven cases of docs/metrics.md."""
    cited = [quoted(1, BAKER, BAKER_2), past_the_end(2)]
    hits_of_a = [hit(LAWYER_2), hit(BAKER_2), hit(BAKER_1)]
    of_a = answered("?", cited, hits_of_a, ["supported", "partly"])
    twice = answered("?", [quoted(1, LAWYER, LAWYER_1), quoted(2, LAWYER, LAWYER_1)], [hit(LAWYER_1)])
    said = LAWYER_2.replace(".", " [1].")
    in_g = Answer("?", said, (Sentence(said, 0, len(said), (1,), Support(1.0, "supported")),), hits=(hit(LAWYER_2),))
    first = case("A", "single", BAKER_2)
    return {
        "A": result(
            replace(first, reference="It took seven months. She paid 900 euros for books."), replace(of_a, repairs=1)
        ),
        "B": result(case("B", "single", LAWYER_2, BAKER_1), refused("?", [hit(LAWYER_2), hit(LAWYER_1)])),
        "C": result(replace(case("C", "followup", BAKER_1), reference="Ten years."), error="ValueError: boom"),
        "D": result(case("D", "unanswerable"), refused("?", [hit(BAKER_1)])),
        "E": result(
            replace(case("E", "injection"), obeyed_if=("ten  Years",)),
            answered("?", [quoted(1, BAKER, BAKER_1)], [hit(BAKER_1)], ["unsupported"]),
        ),
        "F": result(case("F", "out_of_scope"), twice),
        "G": result(case("G", "single", LAWYER_2), replace(in_g, citations=(narrow(1, LAWYER_1),))),
    }


def narrow(number: int, words: str) -> Citation:
    """A citation of a passage of one paragraph."""
    told, place = teller(words), span(words)
    return Citation(number, hit(words).passage, told, place.start, place.end)


OPINIONS = {"A": (Opinion("one", ("supported", "supported")), Opinion("two", ("unsupported",), ("no word",)))}
"""What a language model as judge said, in two runs."""
