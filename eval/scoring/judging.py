"""A language model as judge: do these passages support this claim? Asked several times, its failures counted.

Owns how its word is read, and what its runs come to; what it is asked is `rag/examining.py`'s. It has the face of the
product's scorer (`rag.grounding.Judge`), so that it can be measured as any other; a run asks it beside the scorer,
never in its place. Knows nothing of cases.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.errors import EvalError, LLMError
from rag.answer import Tokens
from rag.citations import without_marks
from rag.grounding import Support, Verdict
from rag.settings import RagSettings

if TYPE_CHECKING:
    from rag.answerers import Writer

NO_TOKENS = Tokens(0, 0)
SAMPLING = 0.7
"""The temperature of a judge that is asked several times: at 0 its runs would only repeat each other."""
SCORES = {"supported": 1.0, "partly": 0.5, "unsupported": 0.0}


@dataclass(frozen=True)
class Opinion:
    """What the judge said of one claim in several runs: a verdict of each that gave one, and how many did not."""

    claim: str
    verdicts: tuple[Verdict, ...]
    failures: tuple[str, ...] = ()
    tokens: Tokens = NO_TOKENS

    @property
    def supported(self) -> float:
        """The share of all runs that found the claim supported: one that failed did not."""
        return self.verdicts.count("supported") / (len(self.verdicts) + len(self.failures))

    def to_json(self) -> dict[str, Any]:
        """The opinion as a line of `results.jsonl` holds it."""
        return {
            "claim": self.claim,
            "verdicts": list(self.verdicts),
            "failures": list(self.failures),
            "tokens": {"input": self.tokens.input, "output": self.tokens.output},
        }


class ModelJudge:
    """A chat model that judges claims, `runs` times each. Safe to use from several threads.

    `address` is its server's, "" for its provider's own.
    """

    def __init__(self, name: str, writer: "Writer", runs: int = 1, address: str = "") -> None:
        self.name = name
        self.runs = runs
        self.address = address
        self._writer = writer

    def opinion(self, claim: str, passages: Sequence[str]) -> Opinion:
        """What it says of a claim. A claim that cites nothing is unsupported without being asked about."""
        text = without_marks(claim).strip()
        if not passages:
            unsupported: Verdict = "unsupported"
            return Opinion(text, (unsupported,) * self.runs)
        runs = [self._run(text, passages) for _ in range(self.runs)]
        verdicts: list[Verdict] = [verdict for verdict, _, _ in runs if verdict is not None]
        return Opinion(
            text,
            tuple(verdicts),
            tuple(failure for verdict, failure, _ in runs if verdict is None),
            sum((tokens for _, _, tokens in runs), NO_TOKENS),
        )

    def support(self, sentence: str, passages: Sequence[str]) -> Support:
        """Its opinion as the product's scorer gives one. Raises `LLMError` if every run failed."""
        found = self.opinion(sentence, passages)
        if not found.verdicts:
            raise LLMError(f"{self.name} gave no verdict ({found.failures[0]}). Check the service and --judge.")
        score = sum(SCORES[verdict] for verdict in found.verdicts) / len(found.verdicts)
        verdict: Verdict = max(sorted(set(found.verdicts), key=SCORES.__getitem__), key=found.verdicts.count)
        return Support(score, verdict)

    def _run(self, claim: str, passages: Sequence[str]) -> tuple[Verdict | None, str, Tokens]:
        """One run's verdict, or why there is none, and what it cost."""
        from rag.examining import support_messages  # late: it brings LangChain

        pieces: list[str] = []
        tokens = NO_TOKENS
        try:
            for piece in self._writer.written(support_messages(claim, passages)):
                if isinstance(piece, Tokens):
                    tokens += piece
                else:
                    pieces.append(piece)
        except LLMError as error:
            return None, str(error), tokens
        said = "".join(pieces)
        verdict = read_verdict(said)
        return verdict, "" if verdict else f"its answer is no verdict: “{' '.join(said.split())[:80]}”", tokens


def model_judge(name: str, settings: RagSettings, runs: int = 1, address: str | None = None) -> ModelJudge:
    """The language model `provider:model` as judge, otherwise set up as the settings say.

    `address` is its server's, "" for its provider's own; None for that of the settings, if they name one and another
    model is not meant by it. Raises `EvalError` where that cannot be told: neither a key nor passages may go where
    nobody sent them. Raises `LLMError` where its package, its key or its weights are missing.
    """
    from rag.chat_answerer import chat_answerer  # late: it brings LangChain

    if address is None:
        address = settings.llm_base_url
        if address and settings.llm and settings.llm != name:
            raise EvalError(
                f"--judge {name}: CROSSROADS_LLM_BASE_URL is where {settings.llm} is. Say where the judge is: "
                "--judge-base-url ADDRESS, or --judge-base-url provider for its provider's own."
            )
    sampling = {"llm_temperature": SAMPLING} if runs > 1 else {}
    asked = settings.model_copy(update={"llm": name, "llm_base_url": address, **sampling})
    return ModelJudge(name, chat_answerer(asked), runs, address)


def read_verdict(said: str) -> Verdict | None:
    """The verdict that a model's words name; None if they name none, or more than one, or deny one."""
    named: set[Verdict] = set()
    for verdict, words in _WORDS.items():
        said, found = words.subn(" ", said)
        named |= {verdict} if found else set()
        if _DENIED.search(said):
            return None
    return named.pop() if len(named) == 1 else None


def supported_share(opinions: Sequence[Opinion] | None) -> float | None:
    """The mean over claims of the share of runs that found them supported; None where no claim was judged."""
    return sum(one.supported for one in opinions) / len(opinions) if opinions else None


_WORDS: dict[Verdict, re.Pattern[str]] = {
    "unsupported": re.compile(r"\b(?:unsupported|not\s+supported)\b", re.IGNORECASE),
    "partly": re.compile(r"\bpart(?:ly|ially)(?:\s+supported)?\b", re.IGNORECASE),
    "supported": re.compile(r"\bsupported\b", re.IGNORECASE),
}
# In the order in which they are looked for, each in what those before have left.
_DENIED = re.compile(
    r"(?:\b(?:not|never|hardly|barely|cannot|no|nor|neither|without)\b|n['’]t\b)[^.;:!?\n]*?\bsupported\b",
    re.IGNORECASE,
)
# Such as "not fully supported", which may be meant as partly or as not at all, once "not supported" is taken away.
