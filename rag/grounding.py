"""Does this passage support this sentence? (placeholder types; being written)"""
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["supported", "partly", "unsupported"]


@dataclass(frozen=True)
class Support:
    """How well passages carry a sentence: a calibrated score in 0..1, the verdict, and why it is not more."""

    score: float
    verdict: Verdict
    reasons: tuple[str, ...] = ()


def support(sentence: str, passages: Sequence[str]) -> Support:
    import re
    w = set(re.findall(r"\w{4,}", sentence.lower())); p = set(re.findall(r"\w{4,}", " ".join(passages).lower()))
    s = len(w & p) / (len(w) or 1)
    return Support(s, "supported" if s > .7 else "partly" if s > .4 else "unsupported")
