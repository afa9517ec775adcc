"""Scope: is this a question for a library of career changes at all, or for the weather, a recipe, a program?

Told by which requests it resembles more, those of `lists/career_questions.txt` or of `lists/other_requests.txt`:
nearest neighbours by cosine (Cover and Hart 1967), a few of each kind, so that a single odd neighbour decides nothing.
"""

import threading

import numpy as np

from index.embedding import Embedder, Vectors
from index.threads import one_thread
from rag.lists import read_list

OURS, OTHERS = "career_questions", "other_requests"
NEIGHBOURS = 3
"""Requests of each kind that a question is compared with: the nearest ones."""
REPLY = "This chat answers questions about changing careers, from the stories in its library."
"""What a request for anything else is told."""


class Scope:
    """The requests, embedded when the first question comes. Safe to use from several threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()
        self._requests: tuple[Vectors, ...] = ()

    def strangeness(self, asked: str) -> float:
        """How much more a question resembles requests for anything else than questions about careers.

        A difference of cosines, so from -2 to 2, mostly between -0.5 and 0.5. Raises `EmbedderError`.
        """
        with self._lock:
            if not self._requests:
                vectors = self._embedder.embed_queries([*read_list(OURS), *read_list(OTHERS)])
                self._requests = tuple(np.split(vectors, [len(read_list(OURS))]))
        with one_thread():
            vector = self._embedder.embed_query(asked)
        ours, others = (float(np.sort(known @ vector)[-NEIGHBOURS:].mean()) for known in self._requests)
        return others - ours
