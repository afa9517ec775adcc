"""Foreign words → markup that can only be read, and back.

Stories, models and visitors may write anything. On the page their words pass through Markdown, through
Gradio's sanitizer (which lets overlays, forms and outside images through) and into the browser. Written as
character references, no punctuation means anything to any of the three.
"""

import re
from html.parser import HTMLParser

_MEANINGFUL = re.compile(r"[!-/:-@\[-`{-~\r\n]")
# Every ASCII punctuation mark, and the line ends: an empty line would end an HTML block inside Markdown.

_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
# What no UTF-8 can hold, or no browser shows: a language model's JSON may bring it all the same.

_UNSPOKEN = ("a", "aside", "footer", "small")
_BREAKS = {"br": "\n", "p": "\n\n", "li": "\n", "blockquote": "\n\n"}


def inert(text: str) -> str:
    """The text as markup, fit for an element's content and for a quoted attribute, in HTML and inside Markdown."""
    writable = _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return _MEANINGFUL.sub(lambda found: f"&#{ord(found[0])};", writable)


def words(markup: str) -> str:
    """What somebody said, from the message that shows it: without its links, notes, asides and footers."""
    reader = _Words()
    reader.feed(markup)
    reader.close()
    return re.sub(r"[ \t]*\n[ \t]*", "\n", re.sub(r"\n{3,}", "\n\n", "".join(reader.parts))).strip()


class _Words(HTMLParser):
    """Collects the words that belong to what was said."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unspoken = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unspoken += tag in _UNSPOKEN
        self.parts.append(_BREAKS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self._unspoken -= tag in _UNSPOKEN and self._unspoken > 0

    def handle_data(self, data: str) -> None:
        if not self._unspoken:
            self.parts.append(data)
