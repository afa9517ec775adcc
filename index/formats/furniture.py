"""What is on a page and no part of the story: what no browser shows, and what only leads about the page.

Owns hidden elements (by tag, attribute, inline style, class and the page's own style sheet), footnote marks, tables of
contents, anchors beside headings, credits of photographs, buttons for sharing. Knows nothing of Markdown.
"""

import re
from collections.abc import Iterator

import soupsieve
from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

HIDDEN_SHARE = 0.8
"""An element with this share of the page's letters is shown in the end, whatever a style says: pages fade in."""

DEEPEST = 150
"""Elements inside one another; a page of the web has some thirty."""

RULES = 300
"""Rules of a style sheet that are looked at."""


def without_furniture(soup: BeautifulSoup) -> None:
    """Take out of a parsed page what is no part of its story. Raises `ValueError` where it is nested too deep."""
    _check_depth(soup)
    for remark in soup.find_all(string=lambda node: isinstance(node, PreformattedString)):
        remark.extract()  # comments, doctypes, processing instructions
    styles = "\n".join(sheet.get_text() for sheet in soup.find_all("style"))
    _drop([tag for tag in soup.find_all(True) if _is_unseen(tag)])
    _drop(_hidden(soup, styles))
    _drop(_marks(soup))
    _drop(_signposts(soup))
    for table in soup.find_all("table"):
        if _is_layout(table):
            _unwrap_table(table)


def is_furniture(block: str) -> bool:
    """Whether a block of clean text is a page's own line: a credit, a button, a leftover of an export."""
    return len(block) < _LONGEST_LINE and bool(_FURNITURE.fullmatch(block))


def _check_depth(soup: BeautifulSoup) -> None:
    """Whoever walks the tree later does so by recursion, or asks every element for what lies in it."""
    depths = {id(soup): 0}
    for tag in soup.find_all(True):
        depths[id(tag)] = depths[id(tag.parent)] + 1
    if max(depths.values()) > DEEPEST:
        raise ValueError(f"its elements are nested more than {DEEPEST} deep")


_UNSEEN_TAGS = frozenset(
    (
        *("script", "style", "noscript", "template", "title", "meta", "link", "base"),
        *("iframe", "object", "embed", "video", "audio", "canvas", "svg", "annotation", "annotation-xml"),
        *("nav", "button", "input", "select", "textarea", "datalist", "progress", "meter"),
    )
)
_UNSEEN_CLASSES = frozenset(
    ("sr-only", "screen-reader-text", "visually-hidden", "visuallyhidden", "kg-bookmark-card", "headerlink")
)

_HIDING = re.compile(
    r"display:none|visibility:(?:hidden|collapse)"
    r"|(?<![\w-])(?:opacity:0(?:\.0+)?|font-size:0(?:\.0+)?(?:px|pt|r?em|%)?)(?![\w.%])",
)

_LONGEST_LINE = 160
_CREDITED = r"(?:cover |header |featured? |hero |lead )?(?:photo(?:graph)?|image|picture|illustration|artwork)s?"
_FURNITURE = re.compile(
    rf"(?:- )?{_CREDITED}(?: credits?)?(?: (?:by|from|courtesy of|via|source)\b|:)[^\n.!?]{{1,100}}\.?"
    r"|(?:- )?(?:source|credit): (?:unsplash|pexels|pixabay|shutterstock|giphy|getty images)\.?"
    r"|press enter or click to view image in full size"
    r"|canonical link|by [^\n]{2,60} on \[?\w+ \d{1,2}, \d{4}\]?\.?|exported from medium on [^\n]{1,40}"
    r"|(?:click to )?(?:share|tweet|pin)(?: this)?(?: (?:post|story|article|page))?"
    r"(?: (?:on|via|to|with) (?:twitter|x|facebook|linkedin|reddit|email|whatsapp|pinterest|telegram)[^\n]{0,30})?:?"
    r"|like this:?|loading\.{3}|skip to (?:main )?content|back to (?:the )?top\W*|(?:leave|post) a (?:comment|reply)"
    r"|(?:read|continue|keep) (?:more|reading)\W*"
    r"|(?:- )?https?://(?:www\.|m\.|open\.)?(?:youtube|youtu\.be|vimeo|twitter|x\.com|instagram"
    r"|giphy|spotify|soundcloud|codepen|gist\.github|tiktok|anchor\.fm|tenor|loom)\S*"
    r"|table of contents",
    re.IGNORECASE,
)

_CONTENTS = re.compile(r"\W*(?:table of )?contents?\W*|\W*toc\W*|\W*in this (?:post|article|story)\W*", re.IGNORECASE)

_INTO_PAGE = re.compile(r"#.")

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def _drop(elements: list[Tag]) -> None:
    for element in elements:
        if not element.decomposed:
            element.decompose()


def _is_unseen(tag: Tag) -> bool:
    """Whether no browser shows the element, or not to the eye, whatever styles say."""
    if tag.name in _UNSEEN_TAGS or (tag.name == "dialog" and "open" not in tag.attrs):
        return True
    if not tag.attrs:
        return False
    told = "hidden" in tag.attrs or tag.get("aria-hidden") == "true"
    return told or not _UNSEEN_CLASSES.isdisjoint(tag.get_attribute_list("class"))


def _hidden(soup: BeautifulSoup, styles: str) -> list[Tag]:
    """Elements that a style hides, but for those that hold most of the page."""
    found = [tag for tag in soup.find_all(style=True) if _HIDING.search(_squeezed(str(tag["style"])))]
    for selector in _hiding_selectors(styles):
        try:
            found += soup.select(selector)
        except (soupsieve.SelectorSyntaxError, NotImplementedError):  # no selector, or one of a browser's own
            continue
    if not found:
        return []
    most = HIDDEN_SHARE * len(soup.get_text())
    return [tag for tag in found if tag.name not in {"html", "body", "main"} and len(tag.get_text()) < most]


def _hiding_selectors(styles: str) -> Iterator[str]:
    """The selectors of a style sheet that hide elements, outside of @media and the like."""
    plain = re.sub(r"/\*.*?\*/", "", styles, flags=re.DOTALL)
    plain = re.sub(r"@[^{};]*\{(?:[^{}]|\{[^{}]*\})*\}|@[^{};]*;", "", plain)
    for place, rule in enumerate(re.finditer(r"([^{}]{1,500})\{([^{}]*)\}", plain)):
        if place < RULES and _HIDING.search(_squeezed(rule[2])) and not re.search(r"::|:(?!not|is|where)", rule[1]):
            yield rule[1].strip()


def _squeezed(style: str) -> str:
    return re.sub(r"\s+", "", style.lower())


def _marks(soup: BeautifulSoup) -> list[Tag]:
    """Footnote marks, the arrows back from notes, and the signs beside headings that link to them."""
    return [_with_superscript(link) for link in soup.find_all("a", href=re.compile("^#")) if _is_mark(link)]


def _is_mark(link: Tag) -> bool:
    text = link.get_text().strip("[]()↩︎ \n")
    noted = re.match(r"#(?:_?fn|_?ftn|footnote|endnote|cite|note|user-content-fn)", str(link.get("href", "")))
    return not re.search(r"[^\W\d_]", text) and (bool(noted) or text in _SIGNS or link.find_parent("sup") is not None)


_SIGNS = ("", "#", "¶", "§", "🔗", "↑", "^", "*", "†")


def _with_superscript(link: Tag) -> Tag:
    above = link.find_parent("sup")
    return above if above is not None and above.get_text(strip=True) == link.get_text(strip=True) else link


def _signposts(soup: BeautifulSoup) -> list[Tag]:
    """Lists and paragraphs that hold nothing but links into the page itself, and a heading that only names them."""
    points = soup.find("a", href=_INTO_PAGE) is not None
    found = [block for block in soup.find_all(["ul", "ol", "p"]) if _only_points(block)] if points else []
    for heading in soup.find_all([*_HEADINGS, "p", "summary"]):
        if len(heading.get_text()) < _LONGEST_LINE and _CONTENTS.fullmatch(heading.get_text()):
            below = heading.find_next_sibling()
            found += [heading, below] if below is not None and below.name in {"ul", "ol"} else []
    return found


def _only_points(block: Tag) -> bool:
    links = block.find_all("a", href=_INTO_PAGE)
    if not any(_has_word(link.get_text()) for link in links):
        return False
    return not any(_has_word(words) and words.find_parent("a", href=_INTO_PAGE) is None for words in _strings(block))


def _strings(block: Tag) -> list[NavigableString]:
    return [words for words in block.descendants if isinstance(words, NavigableString)]


def _has_word(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _is_layout(table: Tag) -> bool:
    """Whether a table only places things on a page."""
    if table.get("role") == "presentation" or table.find(["table", "ul", "ol", "blockquote", *_HEADINGS]) is not None:
        return True
    return not any(len(row.find_all(["td", "th"], recursive=False)) > 1 for row in table.find_all("tr"))


def _unwrap_table(table: Tag) -> None:
    """Make its parts boxes; not those of a table inside it."""
    for part in table.find_all(["tbody", "thead", "tfoot", "tr", "td", "th", "caption"]):
        if part.find_parent("table") is table:
            part.name = "div"
    table.name = "div"
