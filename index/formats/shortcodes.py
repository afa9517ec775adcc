"""What blog engines and note programs add to Markdown → Markdown as CommonMark knows it.

Owns the dialects: Hugo, Jekyll and Liquid, Zola, Hexo, MDX and Astro, Ghost, WordPress, Docusaurus, MkDocs, Obsidian,
Notion, Hashnode, dev.to, kramdown, Pandoc. Words stay; what would be markup on the page goes. Every pattern
looks a bounded way ahead, so that time grows with the text alone.
"""

import re
from collections.abc import Iterator

REACH = 2000
"""No shortcode, tag or expression is longer; what seems longer is no such thing."""

_GONE = "\ue000"
# Stands where a shortcode stood, until what led up to it is gone too. Stories hold no private-use characters.


def without_shortcodes(markdown: str) -> str:
    """The text in plain Markdown."""
    text = _RAW_BLOCK.sub(lambda found: _literal(found[1]), markdown)
    return "".join(part if code else _outside_code(part) for part, code in _stretches(text))


def _stretches(text: str) -> Iterator[tuple[str, bool]]:
    """The text in stretches, each with whether it is code between fences, where `{{` and `import` mean themselves."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if mark and not fence:
            yield "".join(lines), False
            lines, fence = [line], mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip(" `~\n"):
            yield "".join([*lines, line]), True
            lines, fence = [], ""
        else:
            lines.append(line)
    yield "".join(lines), False  # a fence that is never closed is none


def _outside_code(text: str) -> str:
    text = text.replace(_GONE, "")
    for pattern, replacement in _BLOCKS:
        text = pattern.sub(replacement, text)
    text = _SHORTCODE.sub(_GONE, _OUTPUT.sub(_GONE, text))
    text = _JSX_TAG.sub(_plain_tag, text) if "<" in text else text
    for sign, pattern, replacement in (*_INLINE, *_LEFT_BEHIND):
        if sign in text:  # most are in hardly any story, and a pattern that begins with a look back tries every letter
            text = pattern.sub(replacement, text)
    return _LONE_TAG.sub(r"\n\n\1\n\n", _LONE_BREAK.sub("", text.replace(_GONE, "")))


def _literal(text: str) -> str:
    """Words that no pattern below takes for more than they are."""
    return re.sub(r"[{}%]", lambda found: f"&#{ord(found[0])};", text)


def _plain_tag(found: re.Match[str]) -> str:
    """A component's tag is gone, its children stay; a tag of HTML loses the attributes that are expressions."""
    close, name, attributes, end = found["close"], found["name"], found["attributes"], found["end"]
    if name[0].isupper() or "." in name:
        return "\n\n" if found["line"] is not None else ""
    plain = re.sub(r"\s[\w:-]+=\{(?:[^{}]|\{[^{}]*\})*\}", "", attributes)
    return f"<{close}{name}{plain}{end}>"


_RAW_BLOCK = re.compile(rf"\{{%-? *raw *-?%\}}(.{{0,{10 * REACH}}}?)\{{%-? *endraw *-?%\}}", re.DOTALL)

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")

_LINE = re.MULTILINE
_BLOCKS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Comments of Liquid, Obsidian and MDX, with all that is in them.
    (re.compile(rf"\{{%-? *comment *-?%\}}.{{0,{REACH}}}?\{{%-? *endcomment *-?%\}}", re.DOTALL), ""),
    (re.compile(rf"%%(?!\[).{{1,{REACH}}}?%%", re.DOTALL), ""),
    (re.compile(rf"\{{/\*.{{0,{REACH}}}?\*/\}}", re.DOTALL), ""),
    # MDX and Astro: imports, and exports of values and components, down to the first empty line.
    (re.compile(r"^import\s[^\n]{1,300}?\sfrom\s+['\"][^'\"\n]+['\"];?[ ]*$", _LINE), ""),
    (re.compile(r"^import\s+['\"][^'\"\n]+['\"];?[ ]*$", _LINE), ""),
    (re.compile(r"^import\s*\{(?:[ ]*[\w, ]*\n){1,20}[ ]*\}\s*from\s+['\"][^'\"\n]+['\"];?[ ]*$", _LINE), ""),
    (re.compile(r"^export\s+(?:default|const|let|var|(?:async )?function)\b[^\n]*(?:\n[^\n]+){0,60}", _LINE), ""),
    # Contents that an engine writes itself.
    (re.compile(r"^[-*+1][.]?[ ]+[^\n]{0,100}\n[ ]*\{:[ ]?\.?toc[^}\n]*\}[ ]*$", _LINE | re.IGNORECASE), ""),
    (re.compile(r"^(?:\[\[_?toc_?\]\]|\[toc\]|\{:toc\}|\$\{toc\}|\{\{ *toc *\}\})[ ]*$", _LINE | re.IGNORECASE), ""),
    # Admonitions: `:::note Title`, `!!! tip "Title"`, `> [!note] Title`.
    (re.compile(r"^[ ]*:{3,}[ ]*(?:\{[^}\n]*\}|[\w-]+)?[ ]*\[?([^\]\n{]*)\]?(?:\{[^}\n]*\})?[ ]*$", _LINE), r"\n\1\n"),
    (re.compile(r"^(?:!!!|\?\?\?\+?)[ ]+[\w-]+[ ]*(?:\"([^\"\n]*)\")?[ ]*$", _LINE), r"\n\1\n"),
    (re.compile(r"^((?:>[ ]?)+)\[![\w-]+\][+-]?[ ]*", _LINE), r"\1"),
    # Embeds of Hashnode; abbreviations; dollar fences of formulas.
    (re.compile(r"^%{1,2}\[[^\]\n]*\][ ]*$", _LINE), ""),
    (re.compile(r"^\*\[[^\]\n]+\]:.*$", _LINE), ""),
    (re.compile(r"^[ ]*\$\$[ ]*$", _LINE), ""),
    # Boxes of task lists.
    (re.compile(r"^([ ]*(?:>[ ]?)*(?:[-*+]|\d+[.)])[ ]+)\[[ xX]\][ ]+", _LINE), r"\1"),
)

_OUTPUT = re.compile(rf"\{{\{{(?:[^{{}}]|\}}(?!\}})){{0,{REACH}}}\}}\}}")
# Hugo's shortcodes; output of Liquid, Zola and Handlebars. It can stand inside the following.

_SHORTCODE = re.compile(
    rf"\{{%(?:[^%{{]|%(?!\}})|\{{(?!%)){{0,{REACH}}}%\}}"  # Jekyll, dev.to, Hexo, Zola, GitBook, Eleventy, Nunjucks
    r"|!\[\[[^\[\]\n]{1,300}\]\]"  # Obsidian embeds
    r"|\{:[^{}\n]{0,300}\}"  # kramdown attributes
    r"|\[/?(?:caption|gallery|embed|audio|video|playlist|youtube|vimeo|soundcloud|spotify|tweet|instagram|sourcecode"
    r"|contact-form(?:-7)?|wp[\w-]+|vc_\w+|et_pb_\w+)(?:[ ][^\[\]\n]{0,500})?\](?![(\[])"  # WordPress
)

_JSX_TAG = re.compile(
    r"(?P<line>^[ ]*)?<(?P<close>/?)(?P<name>[A-Z][\w.]*|[a-z]\w*(?=\s[^<>\n]{0,200}?=\{))"
    rf"(?P<attributes>(?:\s+[\w:.-]+(?:=(?:\"[^\"]{{0,{REACH}}}\"|'[^']{{0,{REACH}}}'"
    rf"|\{{(?:[^{{}}]|\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}}){{0,{REACH}}}\}}))?|\s*\{{\.\.\.[\w.]+\}})*)\s*(?P<end>/?)>",
    re.MULTILINE,
)

# Each with what is in whatever it matches.
_INLINE: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("{", re.compile(r"\{(?:' '|\" \")\}"), " "),  # a space that JSX must not swallow
    ("{", re.compile(r"\{(?:props|frontmatter|meta|post|page|site)\.[\w.]{1,60}\}"), ""),
    (
        "[[",
        re.compile(r"\[\[(?:[^\[\]|\n]{1,200}\|)?([^\[\]|#\n]{1,200})(?:#[^\[\]|\n]{0,200})?\]\](?!\()"),
        r"\1",
    ),  # wiki links
    ("{", re.compile(r"(?<=[\w)\]\"'.!?*_`])[ ]*\{[#.][^}\n]{0,200}\}"), ""),  # Pandoc and heading attributes
    ("^", re.compile(r"(?<![ ])[ ]+\^[a-z0-9-]{4,40}[ ]*$", re.MULTILINE), ""),  # Obsidian block names
    ("==", re.compile(r"(?<![=\w])==(?=[^\s=])([^=\n]{1,300})(?<=\S)==(?![=\w])"), r"\1"),  # highlights
    ("~", re.compile(r"(?<=\w)~([\w+-]{1,10})~(?!~)"), r"\1"),  # H~2~O
    ("^", re.compile(r"(?<=\w)\^([\w+-]{1,10})\^"), r"\1"),  # x^2^
)

_LEFT_BEHIND: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        _GONE,
        re.compile(rf"(?<![ ])[ ]+[–—-]{{1,3}}[ ]*{_GONE}(?=\s*(?:$|<))", re.MULTILINE),
        "",
    ),  # the dash before a name
    (_GONE, re.compile(rf"{_GONE}[ ]*,[ ]*"), ""),
)

_LONE_BREAK = re.compile(r"^[ ]*(?:<br[ ]*/?>[ ]*)+$", re.IGNORECASE | re.MULTILINE)
# Alone on its line it parts paragraphs; to CommonMark it would begin a stretch of HTML without Markdown.

_LONE_TAG = re.compile(
    r"^[ ]*(</?(?:div|section|article|aside|main|header|footer|figure|figcaption|center|details|summary|blockquote"
    r"|span)"
    rf"(?:[ ][^<>\n]{{0,{REACH}}})?>)[ ]*$",
    re.IGNORECASE | re.MULTILINE,
)
# Between wrappers Markdown is meant as Markdown, as kramdown and MDX have it, empty lines or not.
