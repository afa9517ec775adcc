"""Make a large library for measuring: `python -m bench.library FOLDER --stories 10000`.

Each story is put together from sentences of the starter library, drawn at random, with lengths drawn from that
library's too: words, sentences and paragraphs as in real stories, no two stories alike. What they say makes no sense.
"""

import argparse
import random
import re
from collections.abc import Sequence
from pathlib import Path

from index.passages import sentence_spans
from index.stories import Story, read_stories

STARTER = Path(__file__).parent.parent / "stories"


def made_story(stories: Sequence[Story], number: int) -> str:
    """The Markdown of the made story with a number; the same every time."""
    chance = random.Random(number)  # noqa: S311  # no secret
    model, other = chance.choice(stories), chance.choice(stories)
    paragraphs = []
    for block in model.text.split("\n\n"):
        count = len(sentence_spans(block))
        paragraphs.append(
            block if block.startswith("#") else " ".join(_sentence(stories, chance) for _ in range(count))
        )
    front = (
        f"title: {number}, from {other.origin} to {model.destination}\nfrom: {other.origin}\nto: {model.destination}"
    )
    return f"---\n{front}\n---\n\n" + "\n\n".join(paragraphs) + "\n"


def write_library(folder: Path, count: int) -> None:
    """Write so many stories into a folder, a hundred in each of its own."""
    stories = read_stories(STARTER).stories
    for number in range(count):
        file = folder / f"{number // 100:03}" / f"{number:06}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(made_story(stories, number), encoding="utf-8")


def _sentence(stories: Sequence[Story], chance: random.Random) -> str:
    """A sentence of some story, its numbers replaced by others."""
    text = chance.choice(stories).text
    start, end = chance.choice(sentence_spans(text))
    return re.sub(r"\d+", lambda found: str(chance.randrange(2, 10 ** len(found[0]) + 2)), text[start:end])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.library", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the stories go")
    parser.add_argument("--stories", type=int, default=1000, help="how many (1,000)")
    options = parser.parse_args()
    write_library(options.folder, options.stories)
