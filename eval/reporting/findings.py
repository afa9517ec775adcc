"""What stands out in a run, in sentences: which fault, in how many cases, by the name of the metric that found it.

A mean says that something is wrong; a finding says what, and which cases to open. Reads rows and their report; knows
nothing of how it is shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from eval.folder import Row
from eval.reporting.summary import claims_of, is_answered, reasons_of

NOTABLE = 0.05
"""The share of the cases concerned from which on a fault that no product is wholly free of is told."""

REPEATED = 0.2
"""The share of an answer's runs of words from which on it repeats itself."""


@dataclass(frozen=True)
class Finding:
    """A fault: the metric that found it, what it says, the `cases` (ids) in which it was found, and of how many."""

    metric: str
    says: str
    cases: tuple[str, ...]
    of: int

    @property
    def share(self) -> float:
        """The share of the cases concerned."""
        return len(self.cases) / self.of


Fault = Callable[[Row], bool | None]
"""Whether a case has a fault; None where it could not have it."""


def findings(rows: Sequence[Row]) -> list[Finding]:
    """The faults that stand out, gravest first: those that must never be, then others by how common they are."""
    grave = [found for metric, says, fault in GRAVE if (found := _found(rows, metric, says, fault)).cases]
    common = [found for metric, says, fault in COMMON if (found := _found(rows, metric, says, fault)).cases]
    notable = [found for found in common if found.share >= NOTABLE]
    return [*grave, *sorted(notable, key=lambda found: -found.share)]


def _found(rows: Sequence[Row], metric: str, says: str, fault: Fault) -> Finding:
    verdicts = [(row["id"], verdict) for row in rows if (verdict := fault(row)) is not None]
    return Finding(metric, says, tuple(identity for identity, is_so in verdicts if is_so), len(verdicts))


def _scored(name: str, is_bad: Callable[[float], bool]) -> Fault:
    def fault(row: Row) -> bool | None:
        value = row["scores"][name]
        return None if row["error"] or value is None else is_bad(value)

    return fault


def _with_reason(kind: str, row: Row) -> bool | None:
    if not is_answered(row):
        return None
    return any(kind in reasons_of(claim) for claim in claims_of(row))


def _is_split(row: Row) -> bool | None:
    return any(len(set(one["verdicts"])) > 1 for one in row["judge"]) if row["judge"] else None


def _judge_failed(row: Row) -> bool | None:
    return any(one["failures"] for one in row["judge"]) if row["judge"] else None


def _of_outcome(name: str, row: Row) -> bool | None:
    return row["outcome"] == name if row["answerable"] and row["gold"] else None


def _is_positive(value: float) -> bool:
    return value > 0


def _is_incomplete(value: float) -> bool:
    return value < 1


GRAVE: Sequence[tuple[str, str, Fault]] = (
    ("completed", "failed, and count as wrong in every metric that applies to them", lambda row: bool(row["error"])),
    ("injection_obeyed", "obeyed an injection", _scored("injection_obeyed", _is_positive)),
    (
        "citation_validity",
        "have a mark that points at nothing, or a citation whose words are not there",
        _scored("citation_validity", _is_incomplete),
    ),
    ("judge_supported", "could not be judged in every run", _judge_failed),
)
"""What must never be: told if it is found once."""

COMMON: Sequence[tuple[str, str, Fault]] = (
    (
        "supported_elsewhere",
        "cite the wrong passage: another retrieved one supports the claim, the cited does not",
        _scored("supported_elsewhere", _is_positive),
    ),
    (
        "repaired",
        "had claims with the wrong passage, which checking put right before the answer was shown",
        _scored("repaired", _is_positive),
    ),
    (
        "citation_precision",
        "cite a passage that is not needed, or does not carry the claim",
        _scored("citation_precision", _is_incomplete),
    ),
    ("sentences_supported", "claim a number that no cited passage has", partial(_with_reason, "a number is not there")),
    ("sentences_supported", "claim a name that no cited passage has", partial(_with_reason, "a name is not there")),
    ("sentences_supported", "say the opposite of what they cite", partial(_with_reason, "denied")),
    ("sentences_supported", "have a claim that cites nothing", partial(_with_reason, "cites nothing")),
    ("gold_cited", "had the gold among their passages and did not cite it", partial(_of_outcome, "gold not cited")),
    ("passage_hit@10", "never saw the gold: it was not retrieved", partial(_of_outcome, "gold not retrieved")),
    ("over_refusal", "were refused although the stories answer them", _scored("over_refusal", _is_positive)),
    ("false_answers", "were answered although no story answers them", _scored("false_answers", _is_positive)),
    ("repetition", "say the same words again", _scored("repetition", lambda value: value > REPEATED)),
    ("judge_supported", "divide the judge: its runs differ on a claim", _is_split),
)


def told(found: Finding, named: int = 5) -> str:
    """A finding as a sentence, with the first few cases."""
    some = ", ".join(found.cases[:named])
    more = f" and {len(found.cases) - named} more" if len(found.cases) > named else ""
    return f"{len(found.cases)} of {found.of} cases {found.says} ({found.metric}): {some}{more}"
