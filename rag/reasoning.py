"""What a reasoning model writes before its answer, `<think>…</think>`, is left out, however the stream cuts it.

Only at the beginning, where such models write it. Knows nothing of models.
"""

OPENS, CLOSES = "<think>", "</think>"


class Reasoning:
    """Leaves out the reasoning at the beginning of one stream of text, piece by piece."""

    def __init__(self) -> None:
        self.is_open = False
        """Whether reasoning goes on: if the stream ends now, it has no answer."""
        self._held = ""
        self._is_answering = False

    def without(self, piece: str) -> str:
        """What a further piece adds to the answer; what may yet be reasoning, and space before it, is held back."""
        if self._is_answering:
            return piece
        self._held += piece
        begun = self._held.lstrip()
        if not self.is_open and begun.startswith(OPENS):
            self.is_open = True
        if self.is_open:
            _, closing, behind = self._held.partition(CLOSES)
            if not closing:
                self._held = self._held[-len(CLOSES) :]
                return ""
            self.is_open, self._held = False, ""
            return self.without(behind)
        if OPENS.startswith(begun):
            return ""
        self._is_answering = True
        return begun

    def rest(self) -> str:
        """What is still held back when the stream has ended, and belongs to the answer."""
        return "" if self._is_answering or self.is_open else self._held.lstrip()
