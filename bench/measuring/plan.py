"""Which measurements there are: in every round each contestant has its turn, one after the other. Measures nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bench.contestants import BUILT, CONTESTANTS, OURS
from bench.measuring.imports import CODE
from bench.measuring.made import MILLION
from bench.measuring.results import Measurement
from bench.measuring.start import APP, COMMAND

LARGEST_BUILT = 1_000
"""Stories that everybody builds with real vectors; builds of more are reckoned, unless they are asked for."""
FEWER_ROUNDS = 1
"""Rounds of what takes long."""


@dataclass(frozen=True)
class Sizes:
    """How large and how often. `whole`: everybody really builds the largest library too; `million`: see `--million`."""

    rounds: int = 3
    stories: tuple[int, ...] = (1_000, 10_000)
    passages: tuple[int, ...] = (1_000, 10_000, 100_000)
    questions: int = 200
    budget: float = 20.0
    users: tuple[int, ...] = (1, 5, 20)
    think: tuple[float, ...] = (6.0, 0.0)
    talk: int = 6
    serving: int = 5_000
    served: int = 10
    largest_built: int = LARGEST_BUILT
    whole: bool = False
    million: bool = False


SMALL = Sizes(
    rounds=2,
    stories=(4, 8),
    passages=(100, 200, 400),
    questions=6,
    budget=1.0,
    users=(1, 2),
    think=(0.5, 0.0),
    talk=2,
    serving=100,
    served=2,
    largest_built=4,
)
"""Everything tiny: it shows that all of it works, and its figures mean nothing."""


def build(sizes: Sizes) -> Iterator[Measurement]:
    """First builds, and builds of what is there."""
    for number in range(sizes.rounds):
        for name in _in_turn(BUILT, number):
            yield _built(name, 0, number)
    for stories in sizes.stories:
        if stories <= sizes.largest_built or sizes.whole:
            for number in range(sizes.rounds if stories <= sizes.largest_built else FEWER_ROUNDS):
                for name in _in_turn(BUILT, number):
                    yield _built(name, stories, number)
    for number in range(sizes.rounds):
        for stories in sizes.stories:
            arguments = {"stories": stories, "edited": number}
            yield Measurement("rebuild", arguments, number, (("edited", stories),))


def ask(sizes: Sizes) -> Iterator[Measurement]:
    """Retrieval by everybody, whole answers, and the first word of a language model."""
    asking = {"questions": sizes.questions, "budget": sizes.budget}
    for passages in sizes.passages:
        for number in range(sizes.rounds):
            needs: tuple[tuple[str, str | int], ...] = (("index", passages), ("passages", passages))
            for name in _in_turn(CONTESTANTS, number):
                yield Measurement("ask", {"name": name, "passages": passages, **asking}, number, needs)
            arguments = {"passages": passages, "questions": sizes.questions}
            yield Measurement("answer", arguments, number, needs[:1])
    for number in range(sizes.rounds):
        yield Measurement("streaming", {"times": max(4, sizes.questions // 10)}, number, (("kept", OURS),))


def start(sizes: Sizes) -> Iterator[Measurement]:
    """Starts of everything, warm and cold; what importing takes, and what serving holds in memory."""
    for number in range(sizes.rounds):
        for cold in (False, True):
            for what in _in_turn((COMMAND, APP, *CONTESTANTS), number):
                kept = what if what in CONTESTANTS else OURS
                yield Measurement("start", {"what": what, "cold": cold}, number, (("kept", kept),))
        for what in CODE:
            yield Measurement("imports", {"what": what}, number)
        arguments = {"passages": sizes.serving, "questions": sizes.served}
        yield Measurement("memory", arguments, number, (("index", sizes.serving),))


def users(sizes: Sizes) -> Iterator[Measurement]:
    """People at the page, in conversation and asking at once; who is alone asks on at once."""
    for number in range(sizes.rounds):
        for people in sizes.users:
            for think in sizes.think if people > 1 else (0.0,):
                arguments = {"users": people, "questions": sizes.talk, "think": think}
                yield Measurement("users", arguments, number, (("kept", OURS),))


def growth(sizes: Sizes) -> Iterator[Measurement]:
    """Crossroads alone in libraries of all sizes: what `ask` has already is not measured again."""
    largest = [*sizes.passages, *([MILLION] if sizes.million else [])]
    for passages in largest:
        for number in range(sizes.rounds if passages != MILLION else FEWER_ROUNDS):
            arguments = {"name": OURS, "passages": passages, "questions": sizes.questions, "budget": sizes.budget}
            yield Measurement("ask", arguments, number, (("index", passages),))


PARTS: dict[str, Callable[[Sizes], Iterator[Measurement]]] = {
    "build": build,
    "ask": ask,
    "start": start,
    "users": users,
    "growth": growth,
}
"""The parts of the benchmark, in order."""


def measurements(sizes: Sizes, parts: list[str]) -> list[Measurement]:
    """All of some parts, in order, each once."""
    found: list[Measurement] = []
    for part in parts:
        found += [one for one in PARTS[part](sizes) if one not in found]
    return found


def _in_turn(names: Iterable[str], number: int) -> list[str]:
    """Who has a turn in a round, in order: every second round backwards, so that nobody is always the first."""
    return list(names)[:: -1 if number % 2 else 1]


def _built(name: str, stories: int, number: int) -> Measurement:
    return Measurement("build", {"name": name, "stories": stories}, number, (("texts", stories),))
