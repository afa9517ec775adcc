"""Does the library answer a suggested question, from the story meant? Found out by searching as the chat does.

What is quoted without a language model is what is looked at: nothing is written, and no service asked. What was found
is remembered, as long as the library stays the same. Knows nothing of how suggestions are made.
"""

import threading

from index.generation import Generation
from index.live import LiveIndex
from index.query import mend
from rag.evidence import weigh
from rag.question import understand
from rag.quoting import choose
from rag.retrieval import retrieve
from rag.scope import Scope
from rag.sentences import rank
from rag.suggestions import Suggestion

REMEMBERED = 4096
"""Questions of which it is remembered what is quoted."""

Quotes = tuple[tuple[str, str], ...]
"""Sentences, each with its story's id in front."""


class Assurance:
    """Asks suggestions of an index. Safe to use from several threads."""

    def __init__(self, index: LiveIndex, scope: Scope, passages: int) -> None:
        self._index = index
        self._scope = scope
        self._passages = passages
        self._lock = threading.Lock()
        self._number = 0
        self._found: dict[str, Quotes] = {}

    def is_told(self, suggestion: Suggestion, generation: Generation) -> bool:
        """Whether the answer quotes the story meant, with a sentence that looks like an answer.

        Raises the errors of index and embedder.
        """
        asked = suggestion.question
        with self._lock:
            if generation.number != self._number or len(self._found) >= REMEMBERED:
                self._number, self._found = generation.number, {}
            quotes = self._found.get(asked)
        if quotes is None:
            quotes = self._quoted(asked, generation)
            with self._lock:
                if generation.number == self._number:
                    self._found[asked] = quotes
        return suggestion.is_told_by(quotes)

    def _quoted(self, asked: str, generation: Generation) -> Quotes:
        """The sentences that an answer quotes; none where the question is refused."""
        mended = mend(asked, generation.lexical.is_known)
        question = understand(mended)
        hits = retrieve(self._index, question, generation)
        if not weigh(question, hits, generation.lexical, self._scope.strangeness(mended)).is_enough:
            return ()
        groups = choose(question, rank(question, hits[: self._passages]))
        return tuple((candidate.story.id, candidate.text) for group in groups for candidate in group)
