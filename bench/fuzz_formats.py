"""Feed every reader of files with damaged ones: python bench/fuzz_formats.py [--seconds 120] [--seed 1] [READER …].

Makes a few sound files of each format, then mutates them over and over: bytes flipped, cut out, doubled, swapped
between files, replaced by what parsers stumble over. A reader may give a document (its text not empty and free of
characters that nobody sees, and read back the same from `to_markdown`) or raise `StoriesError`. Anything else is
printed, its bytes are kept in a folder, and the exit status is then 1. Runs in this process, without the sandbox.
"""

import argparse
import hashlib
import io
import json
import logging
import random
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import docx
from fpdf import FPDF

from index.errors import StoriesError
from index.formats import Document, read_document, read_text, to_markdown
from index.formats.characters import visible
from index.formats.pdf import read_pdf
from index.formats.sandbox import guarded
from index.formats.webpage import read_webpage
from index.formats.word import read_word

SLOW_SECONDS = 10.0
"""A single file that takes longer is told."""

TEXT = "I baked bread for eleven years. Then I **left**, and wrote `code` — in [Python](https://example.org/x?a=1)."

MARKDOWN = f"""---
title: From bread to bytes
date: 2021-03-04
tags: [baker, code]
cover: {{image: x.png}}
---

# How it began {{#began}}

{TEXT}

{{{{< figure src="x.png" >}}}} {{% include note.html %}} <Callout type={{1}}>Note</Callout>

- flour
  - water
- [ ] salt

1. loops
2. help[^1]

> [!note] Knead
> gently

| Year | Salary |
|---|---|
| 2019 | 20,000 |

```py
print("bread")
```

<div style="display:none">hidden</div> &amp;nbsp; :rocket: [[Page|label]] ==high== ~~low~~ H~2~O

[^1]: From a friend.
"""

PAGE = f"""<!doctype html><html><head><title>From bread to bytes</title><meta name="author" content="Ada">
<meta charset="utf-8"><style>.no {{display:none}}</style></head><body><nav><a href="/">Home</a></nav><article>
<h1>From bread to bytes</h1><p>{TEXT * 3}</p><p class="no">hidden</p><ul><li>flour<ul><li>water</li></ul></li></ul>
<ol start=3><li>loops</li></ol><blockquote><p>{TEXT}</p></blockquote><pre>a  b\n c</pre><table><tr><td>1<td>2</table>
<p>{TEXT * 2}<br>x<sup><a href="#fn1">1</a></sup></p></article><footer>All rights reserved</footer></body></html>"""

NASTY = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"---\n", b"+++\n", b"{{", b"}}", b"{%", b"%}", b"[[",
    b"]]", b"<", b">", b"</", b"<!--", b"-->", b"<![CDATA[", b"<pre>", b"</pre>", b"&#x202e;", b"&#8203;", b"&#0;",
    b"&#xD800;", b"&lt;br&gt;", b"&amp;", b"**", b"```", b"~~~", b"> ", b"- ", b"1. ", b"999999999. ", b"    ", b"\t",
    b"\r", b"\\", b"|", b":::", b"!!! x", b"import a from 'b'\n", b"export const a = {\n", b"$$", b"==", b"^", b"~",
    b":rocket:", b"&a [*a, *a]", b"!!bool x", b"1e999999", b"0x" + b"f" * 99, b"2020-99-99", b"/Length -1", b"endobj",
    b"/Kids [1 0 R]", b"stream\n", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"(" * 200, b"[" * 200, b"<div>" * 300,
    b"<b>" * 300, b"> " * 300,
]  # fmt: skip


def main() -> int:
    """Fuzz the readers that were asked for; print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"of {', '.join(READERS)}; all by default")
    parser.add_argument("--seconds", type=float, default=120, help="for each reader")
    parser.add_argument("--seed", type=int, default=1, help="of what is random (1)")
    asked = parser.parse_args()
    logging.disable()
    warnings.simplefilter("ignore")
    failures = sum(fuzz(reader, asked.seconds, asked.seed) for reader in asked.readers or READERS)
    return 1 if failures else 0


def fuzz(reader: str, seconds: float, seed: int) -> int:
    """Feed one reader for so long, and print how it went. Returns how often something went wrong."""
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    suffix, read, make_seeds = READERS[reader]
    seeds = make_seeds()
    outcomes: Counter[str] = Counter()
    slowest, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        data = mutated(chance.choice(seeds), chance, seeds)
        start = time.monotonic()
        outcome = _outcome(read, f"fuzzed{suffix}", data)
        took = time.monotonic() - start
        slowest = max(slowest, took)
        if took > SLOW_SECONDS:
            outcome = "SLOW"
        outcomes[outcome] += 1
        if outcome.isupper():
            _keep(reader, suffix, outcome, data)
    print(f"{reader}: {sum(outcomes.values())} files, slowest {slowest:.2f} s, {json.dumps(dict(outcomes))}")
    return sum(count for outcome, count in outcomes.items() if outcome.isupper())


def mutated(data: bytes, chance: random.Random, seeds: list[bytes]) -> bytes:
    """The bytes with one to eight things done to them; inside a zip's files for half of the zips."""
    if data.startswith(b"PK") and chance.random() < 0.8:  # noqa: PLR2004
        return _mutated_zip(data, chance)
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(len(changed) + 1)
        stretch = slice(start, start + chance.choice([1, 2, 8, 64, 500]))
        match chance.randrange(7):
            case 0:
                changed[start : start + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[stretch]
            case 2:
                changed[start:start] = changed[stretch] * chance.choice([1, 2, 50])
            case 3 | 4:
                changed[start:start] = chance.choice(NASTY) * chance.choice([1, 1, 1, 3, 40])
            case 5:
                other = chance.choice(seeds)
                place = chance.randrange(len(other))
                changed[stretch] = other[place : place + chance.choice([4, 60, 800])]
            case _:
                changed[stretch] = bytes(chance.randrange(256) for _ in range(8))
    return bytes(changed)


def _mutated_zip(data: bytes, chance: random.Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        unlucky = chance.choice([name for name in old.namelist() if name.endswith((".xml", ".rels"))])
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, mutated(part, chance, [part]) if name == unlucky else part)
    return buffer.getvalue()


def _outcome(read: Callable[[str, bytes], Document], name: str, data: bytes) -> str:
    try:
        document = guarded(read, name, data)
    except StoriesError as error:
        if "unknown here" in str(error):
            return "a parser's own error"
        return "refused"
    except MemoryError:  # the one other thing that `guarded` lets through
        traceback.print_exc(limit=-4)
        return "CRASH"
    if not document.text.strip():
        return "nothing but metadata"
    if document.text != visible(document.text):
        return "UNSEEN CHARACTERS"
    again = read_document("again.md", to_markdown(document).encode())
    return "read" if (again.metadata, again.text) == (document.metadata, document.text) else "NOT READ BACK"


def _keep(reader: str, suffix: str, outcome: str, data: bytes) -> None:
    folder = Path(tempfile.gettempdir()) / "fuzz_formats"
    folder.mkdir(exist_ok=True)
    file = folder / f"{reader}-{hashlib.sha256(data).hexdigest()[:12]}{suffix}"
    file.write_bytes(data)
    print(f"{outcome}: {file}")


def _texts() -> list[bytes]:
    toml = b'+++\ntitle = "From bread to bytes"\nyear = 2021\n+++\n' + TEXT.encode()
    pelican = f"Title: Bread\nDate: 2020-01-01\n\n{TEXT}".encode()
    return [MARKDOWN.encode(), MARKDOWN.encode("utf-16"), toml, pelican, TEXT.encode("cp1252"), PAGE.encode()]


def _pages() -> list[bytes]:
    return [PAGE.encode(), f"---\ntitle: Bread\n---\n{PAGE}".encode(), PAGE.encode("utf-16"), f"<p>{TEXT}".encode()]


def _pdfs() -> list[bytes]:
    return [_pdf(pages, compressed) for pages in (1, 3) for compressed in (True, False)]


def _pdf(pages: int, compressed: bool) -> bytes:
    paper = FPDF()
    paper.set_compression(compressed)
    paper.set_title("From bread to bytes")
    for number in range(pages):
        paper.add_page()
        paper.set_font("helvetica", "B", 18)
        paper.multi_cell(0, 10, f"Chapter {number}", new_x="LMARGIN", new_y="NEXT")
        paper.set_font("times", size=11)
        paper.multi_cell(0, 5, TEXT.replace("—", "-") * 5, new_x="LMARGIN", new_y="NEXT")
    return bytes(paper.output())


def _words() -> list[bytes]:
    document = docx.Document()
    document.add_heading("From bread to bytes", 0)
    document.add_paragraph(TEXT)
    document.add_paragraph("flour", style="List Bullet")
    document.add_paragraph("help", style="List Number")
    document.add_paragraph("knead", style="Quote")
    document.add_table(2, 2).cell(0, 0).text = "2019"
    buffer = io.BytesIO()
    document.save(buffer)
    return [buffer.getvalue()]


READERS: dict[str, tuple[str, Callable[[str, bytes], Document], Callable[[], list[bytes]]]] = {
    "markdown": (".md", read_text, _texts),
    "text": (".txt", read_text, _texts),
    "html": (".html", read_webpage, _pages),
    "pdf": (".pdf", read_pdf, _pdfs),
    "docx": (".docx", read_word, _words),
}
"""What can be fuzzed: the files' suffix, the reader, the sound files to begin with."""

if __name__ == "__main__":
    sys.exit(main())
