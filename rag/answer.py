"""What an answer is made of: turns, citations, sentences with their support, and the answer itself.

All are frozen: a streamed answer is a series of new `Answer`s, each holding more text than the one before.
Knows nothing of how any of them comes about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from index.filters import EVERY_STORY, Filters
from index.passages import Passage
from index.search import Hit
from index.stories import Story
from rag.grounding import Support

SILENT = "The stories here do not tell."
"""What a model writes where the passages do not answer; whatever the language, it is told by it."""


@dataclass(frozen=True)
class Turn:
    """One side's words in a conversation, without citation marks."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True)
class Citation:
    """What `[number]` in an answer points at: `story.text[quote_start:quote_end]`, inside the passage."""

    number: int
    passage: Passage
    story: Story
    quote_start: int
    quote_end: int

    @property
    def quote(self) -> str:
        """The exact words."""
        return self.story.text[self.quote_start : self.quote_end]


@dataclass(frozen=True)
class Sentence:
    """`answer.text[start:end]`, marks included; the numbers it cites, and whether those carry it.

    `support` is None while the answer is still being written, and for what claims nothing: a heading, a lead-in,
    or that the stories do not tell.
    """

    text: str
    start: int
    end: int
    citations: tuple[int, ...] = ()
    support: Support | None = None


@dataclass(frozen=True)
class Tokens:
    """What a language model read and wrote for an answer, as its provider counts it."""

    input: int
    output: int

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(self.input + other.input, self.output + other.output)


@dataclass(frozen=True)
class Answer:
    """An answer as far as it is written. `text` is plain prose in paragraphs, with `[n]` after what is cited.

    A refusal has `refused`, the `reason` in one sentence, and the `nearest` stories; its text says both. An answer in
    part has in `missing` the sentence that says what no story tells; its text ends with it. `chance` is that of an
    answer in the hits, as `evidence.py` weighs it; None where nothing was weighed.
    `notice` says what went wrong on the way, if anything did; `cut_off` says that the model failed after it had
    begun: its words come first, and quotations after them.

    What checking did is counted: `dropped_marks`, citation marks that pointed at nothing and were taken out;
    `repairs`, sentences that were given the passage which supports them; `dropped_sentences`, those that none
    supports, where they are left out. `rewritten` says that it is the model's second answer, which was better.

    `filters` are those it was asked under: stories that they leave out were not looked at.

    `suggestions` are questions to go on from a finished answer, where somebody asked for them (`Rag.suggestions`).

    `standalone` is the question as it stands without the conversation, which the stories were searched for.

    `seconds` has `retrieve`, `first` (until the first word, from the question on), `answer` (from the retrieval
    on) and `total`, and `rewrite` where a model was asked to make the question stand alone; `tokens` is None where
    no model was asked, or where its provider does not tell.
    """

    question: str
    text: str = ""
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    refused: bool = False
    reason: str = ""
    missing: str = ""
    chance: float | None = None
    nearest: tuple[Story, ...] = ()
    answerer: str = ""
    generation: int = 0
    filters: Filters = EVERY_STORY
    standalone: str = ""
    dropped_marks: int = 0
    repairs: int = 0
    dropped_sentences: int = 0
    rewritten: bool = False
    suggestions: tuple[str, ...] = ()
    notice: str = ""
    cut_off: bool = False
    finished: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict)
    tokens: Tokens | None = None

    def to_json(self) -> dict[str, Any]:
        """The answer as `python -m rag --json` prints it and a run's `results.jsonl` holds it."""
        return {
            "question": self.question,
            "standalone": self.standalone,
            "answer": self.text,
            "refused": self.refused,
            "reason": self.reason,
            "missing": self.missing,
            "chance": None if self.chance is None else round(self.chance, 4),
            "nearest": [{"story": story.id, "title": story.title} for story in self.nearest],
            "citations": [
                {
                    "number": citation.number,
                    "story": citation.story.id,
                    "start": citation.quote_start,
                    "end": citation.quote_end,
                    "text": citation.quote,
                }
                for citation in self.citations
            ],
            "retrieved": [
                {
                    "story": hit.passage.story_id,
                    "start": hit.passage.start,
                    "end": hit.passage.end,
                    "text": hit.passage.text,
                    "score": round(hit.score, 6),
                }
                for hit in self.hits
            ],
            "sentences": [
                {
                    "text": sentence.text,
                    "citations": list(sentence.citations),
                    "support": None
                    if sentence.support is None
                    else {
                        "score": round(sentence.support.score, 4),
                        "verdict": sentence.support.verdict,
                        "reasons": list(sentence.support.reasons),
                    },
                }
                for sentence in self.sentences
            ],
            "answerer": self.answerer,
            "notice": self.notice,
            "cut_off": self.cut_off,
            "dropped_marks": self.dropped_marks,
            "repairs": self.repairs,
            "dropped_sentences": self.dropped_sentences,
            "rewritten": self.rewritten,
            "tokens": None if self.tokens is None else {"input": self.tokens.input, "output": self.tokens.output},
            "seconds": {name: round(value, 4) for name, value in self.seconds.items()},
        }
