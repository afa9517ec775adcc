"""bench.peers: chunks are found in their stories and judged as `eval` judges, and no other machine is asked."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from bench.contestants import Chunk, Folders, Passages
from bench.contestants.crossroads import Crossroads
from bench.offline import refuse_elsewhere
from bench.peers import COLUMNS, Found, Task, judged, place, tables, write_texts
from eval.cases import Case, Gold
from eval.gold import Span, find_quote
from index.live import LiveIndex
from tests.library import write_library

TEXT = "One loaf, two loaves.\n\nThree loaves, and no more."


class Baker:
    """A contestant that knows one answer by heart."""

    is_kept_when_built: bool = False
    top_k: int = 1
    packages: Sequence[str] = ("numpy",)
    splitting: str = ""
    store: str = ""

    def prepare(self, folders: Folders) -> None: ...

    def build(self, folders: Folders) -> int:
        return 1

    def fill(self, passages: Passages) -> None: ...

    def embedded(self) -> list[str]:
        return []

    def keep(self, folder: Path) -> None: ...

    def take_up(self, folder: Path) -> None: ...

    def find(self, words: str, asked: str, count: int, to: str = "") -> list[Chunk]:
        return [Chunk("baker.md", words, None)]


@pytest.mark.parametrize(
    ("text", "start", "where"),
    [
        ("two loaves.", 10, (10, 21)),
        ("two loaves.", 3, (10, 21)),
        ("two loaves.", None, (10, 21)),
        ("two  loaves. Three\nloaves", None, (10, 35)),
        ("four loaves", 10, None),
        ("two.loaves", None, None),
    ],
)
def test_a_chunk_is_where_it_says_or_where_its_words_are(text: str, start: int | None, where: tuple[int, int]) -> None:
    assert place(Chunk("a.md", text, start), TEXT) == where


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("192.0.2.1", 443))),
        ("socket.connect", (None, ("2001:db8::1", 443, 0, 0))),
        ("socket.getaddrinfo", ("telemetry.example", 443, 0, 0, 0)),
    ],
)
def test_other_machines_are_neither_reached_nor_looked_up(event: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(ConnectionRefusedError, match="nobody outside"):
        refuse_elsewhere(event, arguments)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("127.0.0.1", 8000))),
        ("socket.connect", (None, ("::1", 8000, 0, 0))),
        ("socket.connect", (None, "/tmp/a.socket")),  # noqa: S108  # only looked at
        ("socket.getaddrinfo", ("localhost", 80, 0, 0, 0)),
        ("open", ("/etc/hosts", "r", 0)),
    ],
)
def test_this_machine_is(event: str, arguments: tuple[object, ...]) -> None:
    refuse_elsewhere(event, arguments)


QUOTE = "I paid 4,200 euros for a bootcamp."
ELSEWHERE = ("welder.md", "My advice is to take the job next to the one you want.")
RIGHT = ("baker.md", f"Then {QUOTE}")


def found(built: LiveIndex, chunks: Sequence[tuple[str, str]], top_k: int) -> Found:
    """What these chunks are worth for a question that the quote answers."""
    stories = built.generation()
    places = find_quote(QUOTE, stories.story("baker.md").text)
    case = Case("1", "single", "What did it cost?", answerable=True, gold=(Gold("baker.md", QUOTE),))
    task = Task("made", case, (tuple(Span("baker.md", start, end) for start, end in places),))
    return judged(task, [Chunk(story, text, None) for story, text in chunks], top_k, stories, seconds=0.5)


def test_gold_in_the_second_chunk_is_a_hit_at_5_and_not_at_1(built: LiveIndex) -> None:
    scores = found(built, [ELSEWHERE, RIGHT], 1).scores
    assert list(scores) == list(COLUMNS)
    assert scores == {
        "gold_in_600_words": 1,
        "passage_hit@1": 0,
        "passage_hit@5": 1,
        "passage_hit@10": 1,
        "story_hit@5": 1,
        "own": 0,
    }
    assert found(built, [ELSEWHERE, RIGHT], 2).scores["own"] == 1


def test_a_chunk_that_no_story_holds_takes_its_place_and_is_counted(built: LiveIndex) -> None:
    one = found(built, [("baker.md", "I paid 9,999 euros for a bootcamp."), RIGHT], 1)
    assert one.lost == 1
    assert (one.scores["passage_hit@1"], one.scores["passage_hit@5"]) == (0, 1)


def test_tables_name_who_is_not_installed_and_what_each_hands_on(built: LiveIndex) -> None:
    judgements = [found(built, chunks, 1) for chunks in ([RIGHT], [ELSEWHERE])]
    lines = tables({"Crossroads": Baker()}, {"Crossroads": (7, 1.25)}, {"Crossroads": judgements}).splitlines()
    assert f"| Crossroads | numpy {version('numpy')} | 7 | 1.2 | 500.0 | 500.0 |" in lines
    assert "| made (2) | gold in 600 words | hit@1 | hit@5 | hit@10 | story hit@5 | in its own |" in lines
    assert "| Crossroads | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 (1) |" in lines
    assert sum(line.startswith("| Haystack | not installed |") for line in lines) == 2


def test_the_bare_model_whose_passages_stand_in_no_story_is_not_compared(built: LiveIndex) -> None:
    judgements = {"Crossroads": [found(built, [RIGHT], 1)]}
    told = tables({"Crossroads": Baker()}, {"Crossroads": (7, 1.25)}, judgements)
    assert "| LangChain |" in told
    assert "Bare" not in told


def test_crossroads_finds_what_its_search_finds(tmp_path: Path) -> None:
    folders = Folders(write_library(tmp_path / "stories"), tmp_path / "texts", tmp_path)
    crossroads = Crossroads()
    assert crossroads.build(folders) == len(crossroads.generation)
    best = crossroads.find("the former baker: what did the bootcamp cost?", "what did the bootcamp cost?", 3)[0]
    assert best.story == "baker.md"
    assert QUOTE in best.text
    write_texts(folders.stories, folders.texts)
    start, end = place(best, (folders.texts / "baker.md.txt").read_text("utf-8")) or (0, 0)
    assert (start, end - start) == (best.start, len(best.text))
