"""Lines on pages → blocks of clean text: paragraphs, headings, lists.

Owns what only paper has: running heads, page numbers, hyphens at line ends, headings told by the size of their letters.
Knows nothing of PDF.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, median_low

EDGE_LINES = 2
"""So many lines at the top and at the bottom of a page can be a running head or foot."""

APART = 1.8
"""More than so many times the size of their letters lies between lines that stand apart."""

HEADING_SIZE = 1.12
"""A heading's letters are at least so many times as large as the text's."""

HEADING_LENGTH = 120
"""Characters; what is longer and larger is no heading."""

PARAGRAPH_GAP = 1.35
"""More than so many times the usual distance of lines parts two paragraphs."""

SHORT_LINE = 0.7
"""Below this share of the usual length, a line that ends a sentence ends its paragraph."""

DEEPEST_HEADING = 4


@dataclass(frozen=True)
class Line:
    """A line of a page: its words, the size of its letters in points, where it begins, whether it is bold.

    `x` counts from the left, `y` from the bottom, in points.
    """

    text: str
    size: float
    x: float
    y: float
    bold: bool


def blocks(pages: Sequence[Sequence[Line]]) -> list[str]:
    """What stands on some pages, as blocks of clean text."""
    pages = _without_edges(pages)
    lines = [line for page in pages for line in page]
    if not lines:
        return []
    weights = Counter[float]()
    for line in lines:
        weights[round(line.size, 1)] += len(line.text)
    body = weights.most_common(1)[0][0]
    sizes = sorted({round(line.size, 1) for line in lines if line.size > body * HEADING_SIZE}, reverse=True)
    paragraphs = _paragraphs(pages, body)
    return _with_lists([_block(paragraph, sizes, body) for paragraph in paragraphs])


def _without_edges(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without page numbers, and without lines that stand apart at the edges of most of them."""
    edges = [_edges(lines) for lines in pages]
    seen = Counter(pattern for places, lines in zip(edges, pages, strict=True) for pattern in _patterns(lines, places))
    repeated = {pattern for pattern, count in seen.items() if count > 1 and count >= len(pages) / 2}
    return [
        [
            line
            for place, line in enumerate(lines)
            if place not in places or not (_pattern(line) in repeated or _PAGE_NUMBER.fullmatch(line.text))
        ]
        for places, lines in zip(edges, pages, strict=True)
    ]


def _edges(lines: Sequence[Line]) -> frozenset[int]:
    """The places of the lines at a page's top and bottom that stand apart from the rest: by a gap, or their size."""
    found: set[int] = set()
    for count in range(1, min(EDGE_LINES, len(lines) - 1) + 1):
        if _apart(lines[count - 1], lines[count]):
            found |= set(range(count))
        if _apart(lines[-count - 1], lines[-count]):
            found |= set(range(len(lines) - count, len(lines)))
    return frozenset(found)


def _apart(above: Line, below: Line) -> bool:
    return abs(above.y - below.y) > APART * max(above.size, below.size) or abs(above.size - below.size) > 1


def _patterns(lines: Sequence[Line], places: Collection[int]) -> set[str]:
    return {_pattern(lines[place]) for place in places}


def _pattern(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text)


def _paragraphs(pages: Sequence[Sequence[Line]], body: float) -> list[list[Line]]:
    gaps = [above.y - below.y for page in pages for above, below in pairwise(page) if 0 < above.y - below.y < 4 * body]
    leading = median_low([round(gap, 1) for gap in gaps]) if gaps else 0.0
    lengths = [len(line.text) for page in pages for line in page]
    usual = median(sorted(lengths)[len(lengths) // 2 :])
    paragraphs: list[list[Line]] = []
    for page in pages:
        for place, line in enumerate(page):
            above = paragraphs[-1][-1] if paragraphs else None
            if above is not None and _goes_on(above, line, leading, usual, new_page=place == 0):
                paragraphs[-1].append(line)
            else:
                paragraphs.append([line])
    return paragraphs


def _goes_on(above: Line, line: Line, leading: float, usual: float, *, new_page: bool) -> bool:
    """Whether a line belongs to the paragraph of the line above it."""
    same_baseline = not new_page and abs(above.y - line.y) < 0.5 * max(line.size, 1)
    if _BARE_MARK.fullmatch(above.text):
        return same_baseline or not _MARK.match(line.text)
    if same_baseline:
        return True
    if (
        abs(above.size - line.size) > 0.08 * max(above.size, line.size)
        or above.bold != line.bold
        or _MARK.match(line.text)
    ):
        return False
    if new_page:
        return not _SENTENCE_END.search(above.text) or line.text[:1].islower()
    if leading and above.y - line.y > PARAGRAPH_GAP * max(leading, line.size):
        return False
    return not (len(above.text) < SHORT_LINE * usual and _SENTENCE_END.search(above.text))


def _block(lines: Sequence[Line], sizes: Sequence[float], body: float) -> str:
    text = lines[0].text
    for line in lines[1:]:
        text = _joined(text, line.text)
    size = round(max(line.size for line in lines), 1)
    if len(text) <= HEADING_LENGTH and not _MARK.match(text):
        if size in sizes:
            return f"{'#' * min(sizes.index(size) + 1, DEEPEST_HEADING)} {text}"
        if all(line.bold for line in lines) and size >= body and not re.search(r"[.,;:]$", text):
            return f"{'#' * min(len(sizes) + 1, DEEPEST_HEADING)} {text}"
    bullet = _BULLET.match(text)
    return f"- {text[bullet.end() :]}" if bullet else _NUMBER.sub(r"\1. ", text)


def _joined(text: str, line: str) -> str:
    """Two lines as one; a word that a hyphen parts at the line's end is whole again."""
    if re.search(r"[^\W\d_]{2}-$", text) and line[:1].islower():
        return text[:-1] + line
    return text + line if text.endswith("-") and not text.endswith(" -") else f"{text} {line}"


def _with_lists(blocks: Sequence[str]) -> list[str]:
    """Items that follow one another as one block."""
    joined: list[str] = []
    for block in blocks:
        mark = _ITEM.match(block)
        above = _ITEM.match(joined[-1]) if joined else None
        if mark and above and (mark[0] == "- ") == (above[0] == "- "):
            joined[-1] += f"\n{block}"
        else:
            joined.append(block)
    return joined


_BULLETS = "•●▪◦‣\u2043∙·○■–*-"
_BULLET = re.compile(rf"[{_BULLETS}] +(?=\S)")
_NUMBER = re.compile(r"^(\d{1,3})[.)] +(?=\S)")
_BARE_MARK = re.compile(rf"[{_BULLETS}]|\d{{1,3}}[.)]")
_MARK = re.compile(rf"{_BULLET.pattern}|\d{{1,3}}[.)] +(?=\S)|(?:{_BARE_MARK.pattern})$")
_ITEM = re.compile(r"- |\d{1,3}\. ")
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’)\]]*$")
_PAGE_NUMBER = re.compile(r"\W*(?:page\s*)?\d{1,4}(?:\s*(?:of|/|\|)\s*\d{1,4})?\W*|\W*[ivxl]{1,6}\W*", re.IGNORECASE)
