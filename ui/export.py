"""A conversation as text to take along: an answer to paste, the whole as Markdown or as JSON, always with its sources.

What is not ours is written into Markdown so that it stays text: nothing in a story, a question or an answer can become
a heading, a link, a picture or HTML in whatever program shows the file.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from index.stories import Story
from ui.answers import UNDERLINED
from ui.transcript import Exchange, Source

GONE = "These words are not in the library any more, or the story has been changed since."

_EVERYWHERE = re.compile(r"[\\`*_{}\[\]<>&~|$^]|(?<=\w)@(?=\w)|:(?=//)|(?<=www)\.", re.IGNORECASE)
_AT_THE_START = re.compile(r"^(?:[#+\-=:]|\d+(?=[.)]))")
_URL_SAFE = ":/?#[]@!$&'()*+,;=%~"


def plain(exchange: Exchange) -> str:
    """An answer and its sources, as one would paste it into a letter."""
    blocks = [exchange.doubted or " ".join(exchange.remarks)]
    blocks += [f"Nearest stories: {'; '.join(_titled(story) for story in exchange.nearest)}"] * bool(exchange.nearest)
    blocks += [f"{_support(exchange)}"] * bool(exchange.answer and exchange.remarks)
    if exchange.sources:
        blocks.append("Sources\n" + "\n".join(_plain_source(source) for source in exchange.sources))
    return _writable("\n\n".join(block for block in blocks if block)) + "\n"


def markdown(conversation: Sequence[Exchange], when: datetime) -> str:
    """The conversation as a Markdown document."""
    head = f"# A conversation with Crossroads\n\nExported on {when.date().isoformat()}."
    parts = [head, *(part for exchange in conversation for part in _markdown_exchange(exchange))]
    return _writable("\n\n".join(parts)) + "\n"


def as_json(conversation: Sequence[Exchange], when: datetime) -> str:
    """The conversation as JSON: every exchange, and with each source the exact words and where they stand."""
    whole = {
        "exported": when.isoformat(timespec="seconds"),
        "conversation": [
            {
                "question": exchange.question,
                "answer": exchange.answer,
                "refused": exchange.refused,
                "remarks": list(exchange.remarks),
                "sources": [_json_source(source) for source in exchange.sources],
                "nearest": [_json_story(story) for story in exchange.nearest],
                "generation": exchange.generation,
            }
            for exchange in conversation
        ],
    }
    return _writable(json.dumps(whole, ensure_ascii=False, indent=2)) + "\n"


def literal(text: str) -> str:
    """Foreign text as Markdown that shows it to the letter; only white space at the ends of lines is lost."""
    lines = [_literal_line(line.strip()) for line in re.split(r"\r\n?|\n", text)]
    breaks = ["\\\n" if line and below else "\n" for line, below in pairwise([*lines, ""])]
    return "".join(line + end for line, end in zip(lines, breaks, strict=True)).rstrip("\n")


def _literal_line(line: str) -> str:
    safe = _EVERYWHERE.sub(lambda found: "\\" + found[0], line)
    return _AT_THE_START.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else "\\" + found[0], safe)


def _markdown_exchange(exchange: Exchange) -> list[str]:
    asked = " ".join(exchange.question.split())
    parts = [f"## {literal(asked) or 'A question'}", literal(exchange.doubted)]
    parts += [f"*{literal(_support(exchange))}*"] * bool(exchange.remarks)
    if exchange.nearest:
        parts.append("Nearest stories:\n\n" + "\n".join(f"- {_markdown_story(story)}" for story in exchange.nearest))
    if exchange.sources:
        parts.append("### Sources\n\n" + "\n\n".join(_markdown_source(source) for source in exchange.sources))
    return [part for part in parts if part]


def _markdown_source(source: Source) -> str:
    if source.story is None:
        return f"\\[{source.number}\\] {GONE}"
    quoted = "\n".join(f"> {line}".rstrip() for line in literal(source.quote.strip()).split("\n"))
    return f"\\[{source.number}\\] {_markdown_story(source.story)}\n\n{quoted}"


def _markdown_story(story: Story) -> str:
    about = "".join(f", {literal(part)}" for part in (story.path, story.author) if part)
    link = _link(story)
    return f"**{literal(' '.join(story.title.split())) or 'A story'}**{about}{f', <{link}>' if link else ''}"


def _plain_source(source: Source) -> str:
    if source.story is None:
        return f"[{source.number}] {GONE}"
    quoted = " ".join(source.quote.split())
    lines = [f"[{source.number}] {_titled(source.story)}", f"    “{quoted}”", f"    {_link(source.story)}"]
    return "\n".join(line for line in lines if line.strip())


def _titled(story: Story) -> str:
    about = ", ".join(part for part in (story.path, story.author) if part)
    return " ".join(story.title.split()) + (f" ({about})" if about else "")


def _support(exchange: Exchange) -> str:
    """The remarks, as they hold without underlines."""
    return " ".join(remark.removesuffix(UNDERLINED).rstrip(".") + "." for remark in exchange.remarks)


def _json_source(source: Source) -> dict[str, Any]:
    if source.story is None:
        return {"number": source.number, "quote": None, "note": GONE}
    place = {"start": source.start, "end": source.end, "quote": source.quote}
    return {"number": source.number, **_json_story(source.story), **place}


def _json_story(story: Story) -> dict[str, str]:
    return {
        "story": story.id,
        "title": story.title,
        "author": story.author,
        "date": story.date,
        "from": story.origin,
        "to": story.destination,
        "link": _link(story),
    }


def _link(story: Story) -> str:
    """The address of the original, if it is one of the web's; nothing in it can end a link in Markdown."""
    is_link = story.url.startswith(("https://", "http://"))
    return quote(_writable(story.url), safe=_URL_SAFE) if is_link else ""


def _writable(text: str) -> str:
    """The text without what no UTF-8 can hold: a file's name may have such characters."""
    return text.encode("utf-8", "replace").decode("utf-8")
