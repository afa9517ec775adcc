"""A conversation that the browser kept, written anew: what could not have come from here is left out.

The messages of a reopened conversation are the client's. Only the elements and attributes that messages are made of
pass, every word is written inert again, and an answer that was cut short says so. Whether its citations still hold,
the reader finds out when one is opened.
"""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

from ui.answers import DEEPEST, is_whole, stopped, waiting
from ui.chat import Message, recent
from ui.escaping import inert

_ELEMENTS = frozenset(
    {"a", "aside", "blockquote", "div", "footer", "h3", "h4", "li", "ol", "p", "small", "span", "strong", "ul"}
)
_SILENT = frozenset({"script", "style"})
_ATTRIBUTES = {
    "class": re.compile(r"[a-z][a-z0-9 -]{0,60}"),
    "role": re.compile(r"button|status|alert|group|list"),
    "href": re.compile(r"#[\w%&=+.~*-]{1,10000}", re.ASCII),
    "value": re.compile(r"\d{1,3}", re.ASCII),
    "title": re.compile(r".{1,2000}", re.DOTALL),
    "aria-label": re.compile(r".{1,2000}", re.DOTALL),
}
_PLAIN = frozenset({"class", "role", "value"})
"""Attributes that may hold nothing which would have to be written otherwise."""


def renewed(messages: Sequence[Message]) -> list[Message]:
    """The conversation as it can be shown again."""
    shown = [{"role": message["role"], "content": rewritten(message["content"])} for message in recent(messages)]
    if shown and shown[-1]["role"] == "user":
        return [*shown, {"role": "assistant", "content": stopped(waiting())}]
    if shown and not is_whole(shown[-1]["content"]):
        shown[-1]["content"] = stopped(waiting() if 'class="waiting"' in shown[-1]["content"] else shown[-1]["content"])
    return shown


def rewritten(markup: str) -> str:
    """A message's markup, made again from the elements and attributes that messages have."""
    writer = _Writer()
    writer.feed(markup)
    writer.close()
    return writer.whole()


class _Writer(HTMLParser):
    """Writes what passes as it is read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._open: list[str] = []
        self._silenced = ""

    def whole(self) -> str:
        return "".join(self._parts) + "".join(f"</{tag}>" for tag in reversed(self._open))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silenced = tag
        elif tag == "br":
            self._parts.append("<br>")
        elif tag in _ELEMENTS and len(self._open) < DEEPEST:
            self._open.append(tag)
            self._parts.append(f"<{tag}{''.join(_attribute(name, value or '') for name, value in attrs)}>")

    def handle_endtag(self, tag: str) -> None:
        self._silenced = "" if tag == self._silenced else self._silenced
        if tag in self._open:
            while (closed := self._open.pop()) != tag:
                self._parts.append(f"</{closed}>")
            self._parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._silenced:
            self._parts.append(inert(data))


def _attribute(name: str, value: str) -> str:
    allowed = _ATTRIBUTES.get(name)
    if not allowed or not allowed.fullmatch(value):
        return ""
    return f' {name}="{value if name in _PLAIN else inert(value)}"'
