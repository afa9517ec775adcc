"""Clean text → HTML: its paragraphs, headings, lists and quotations.

Clean text is what `index.formats` makes: blocks parted by empty lines, with `# heading`, `- item`, `1. item`
and `> quotation` as its only marks. How the words of a stretch are written is the caller's, so that they
can be marked or annotated; every offset is one of the whole text.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Inline = Callable[[int, int], str]
"""The HTML of `text[start:end]`, which lies within one line. The caller escapes it."""

Kind = Literal["paragraph", "heading", "bullet", "number"]

_LINE = re.compile(
    r"(?P<indent> *)(?P<quote>(?:> ?)*)(?:(?P<heading>#{1,6}) +|(?P<bullet>[-*+]) +|(?P<number>\d{1,3})[.)] +)?"
)
_KINDS: tuple[Kind, ...] = ("heading", "bullet", "number")
_LISTS: dict[Kind, str] = {"bullet": "ul", "number": "ol"}
DEEPEST_ITEM = 2
"""List items lie at most this deep inside others; two spaces of indent are one step."""


@dataclass(frozen=True)
class _Line:
    """A line with words in it: what it is, and where its words (without its marks) stand."""

    kind: Kind
    mark: str
    quoted: bool
    depth: int
    start: int
    end: int
    after_gap: bool

    def continues(self, above: "_Line") -> bool:
        """Whether it belongs to what stands right above: it has no mark of its own, and no gap between."""
        return (
            self.kind == "paragraph" and not self.after_gap and above.kind != "heading" and above.quoted == self.quoted
        )


_Block = list[_Line]


def prose(text: str, inline: Inline) -> str:
    """The HTML of a clean text."""
    html = ""
    for quoted, blocks in groupby(_blocks(text), key=lambda block: block[0].quoted):
        inner = "".join(
            _of_one_kind(kind, list(group), inline) for kind, group in groupby(blocks, key=lambda block: block[0].kind)
        )
        html += f"<blockquote>{inner}</blockquote>" if quoted else inner
    return html


def _blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    for line in _lines(text):
        if blocks and line.continues(blocks[-1][0]):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _lines(text: str) -> Iterator[_Line]:
    offset, after_gap = 0, True
    for line in text.split("\n"):
        found = _LINE.match(line)
        if found and line.strip():
            kind: Kind = next((kind for kind in _KINDS if found[kind]), "paragraph")
            depth = min(len(found["indent"]) // 2, DEEPEST_ITEM)
            place = offset + found.end(), offset + len(line)
            yield _Line(
                kind, found[kind] if kind != "paragraph" else "", bool(found["quote"]), depth, *place, after_gap
            )
        after_gap = not line.strip()
        offset += len(line) + 1


def _of_one_kind(kind: Kind, blocks: Sequence[_Block], inline: Inline) -> str:
    if kind in _LISTS:
        return f"<{_LISTS[kind]}>" + "".join(_item(block, inline) for block in blocks) + f"</{_LISTS[kind]}>"
    return "".join(_single(block, inline) for block in blocks)


def _item(block: _Block, inline: Inline) -> str:
    first = block[0]
    value = f' value="{first.mark}"' if first.kind == "number" else ""
    depth = f' class="deep-{first.depth}"' if first.depth else ""
    return f"<li{value}{depth}>{_words(block, inline)}</li>"


def _single(block: _Block, inline: Inline) -> str:
    # The page has the h1 and a story's title is the h2, so a story's own headings are h3 and h4.
    tag = "p" if block[0].kind == "paragraph" else "h3" if len(block[0].mark) <= 2 else "h4"  # noqa: PLR2004
    return f"<{tag}>{_words(block, inline)}</{tag}>"


def _words(block: _Block, inline: Inline) -> str:
    return "<br>".join(inline(line.start, line.end) for line in block)
