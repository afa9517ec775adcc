"""An answer → the message that shows it: words, citation chips, doubts, the people it draws on, its support.

A message is HTML inside a chat that reads Markdown and sanitizes, so all of it is one line, and every word
that is not written in this file goes through `inert`.
"""

import re
from collections.abc import Sequence

from index.stories import Story
from rag.answer import Answer, Citation, Sentence
from ui.choosing import in_words
from ui.escaping import inert
from ui.prose import Inline, prose
from ui.reader import Place

LONGEST_QUOTE = 300
"""Characters of a quote that a citation's card shows."""
DEEPEST = 40
"""Elements of a message inside one another, at most; none of ours goes as deep."""
UNDERLINED = "; what is underlined is not, or only in part"
"""What the line on an answer's support says of its underlines."""

_MARK = re.compile(r"[ \t]*\[(\d+)\]")
_DOUBTS = {
    "unsupported": ("not in its source", "The cited words do not say this"),
    "partly": ("partly in its source", "The cited words say only part of this"),
}
_UNCITED = ("no source", "No source is cited for this")


def message(answer: Answer) -> str:
    """The message for an answer, finished or still growing."""
    if answer.refused:
        return _refusal(answer)
    if not answer.text and not answer.finished:
        return waiting()
    text = f'<div class="answer">{prose(answer.text, _annotating(answer))}</div>'
    return text + (_footer(answer) if answer.finished else "")


def problem(sentence: str) -> str:
    """The message that says what went wrong, and the way out; it is no part of the conversation."""
    return f'<aside class="problem" role="alert">{inert(sentence)}</aside>'


def waiting() -> str:
    """The message until the first words come."""
    return '<aside class="waiting" role="status">Reading the stories…</aside>'


def stopped(markup: str) -> str:
    """A message that was stopped while it grew."""
    kept = "" if markup == waiting() else markup
    said = "Stopped. The answer is not finished, and not checked." if kept else "Stopped before the first words came."
    return f'{kept}<aside class="stopped">{said}</aside>'


def is_whole(markup: str) -> bool:
    """Whether the message had come to its end. No word in it looks like these marks: all of them are inert."""
    ends = ("<footer", 'class="answer refusal"', 'class="stopped"', 'class="problem"')
    return any(mark in markup for mark in ends)


def question(text: str) -> str:
    """The message for what a visitor asked, to the letter."""
    return f'<div class="question">{inert(text.strip())}</div>'


def is_filtered_out(answer: Answer) -> bool:
    """Whether it was refused because the filters in force leave no story."""
    return answer.refused and bool(answer.filters) and not answer.hits


def _refusal(answer: Answer) -> str:
    near = "".join(
        f'<li><a class="near" role="button" href="{inert(Place.of(story, generation=answer.generation).href)}">'
        f"{_card(story)}</a></li>"
        for story in answer.nearest
    )
    nearest = f'<p class="label">Nearest stories</p><ul class="people">{near}</ul>' if near else ""
    looked_at = _looked_at(answer) + _asides([answer.notice])
    if is_filtered_out(answer):
        parts = looked_at + _next(answer, "Without filters, the stories do answer", "ask unfiltered")
    else:
        parts = nearest + looked_at + _next(answer, "The stories do answer")
    return f'<div class="answer refusal"><p>{inert(answer.reason)}</p></div>' + (
        f"<footer>{parts}</footer>" if parts else ""
    )


def _annotating(answer: Answer) -> Inline:
    """Writes stretches of the answer's text: marks become chips, sentences in doubt are underlined."""
    citations = {citation.number: citation for citation in answer.citations}
    doubted = [sentence for sentence in answer.sentences if _doubt(sentence)]

    def inline(start: int, end: int) -> str:
        html, done = "", start
        for sentence in doubted:
            first, last = max(sentence.start, done), min(sentence.end, end)
            if first < last:
                html += written(done, first) + written(first, last, sentence)
                html += _note(sentence) if last == sentence.end else ""
                done = last
        return html + written(done, end)

    def written(start: int, end: int, doubted: Sentence | None = None) -> str:
        html, done = "", start
        for mark in _MARK.finditer(answer.text, start, end):
            html += _worded(answer.text[done : mark.start()], doubted)
            citation = citations.get(int(mark[1]))
            html += _chip(citation, answer.generation) if citation else ""
            done = mark.end()
        return html + _worded(answer.text[done:end], doubted)

    return inline


def _chip(citation: Citation, generation: int) -> str:
    quote = " ".join(citation.quote.split())
    shown = quote if len(quote) <= LONGEST_QUOTE else quote[:LONGEST_QUOTE].rsplit(" ", 1)[0] + "…"
    whose = f"Source {citation.number}: {' '.join(citation.story.title.split())}"
    title = "\n".join(filter(None, [whose, citation.story.path, f"“{shown}”"]))
    href = _place(citation, generation).href
    return f'<a class="cite" role="button" href="{inert(href)}" title="{inert(title)}">{citation.number}</a>'


def _doubt(sentence: Sentence) -> tuple[str, str] | None:
    """In a few words, and in a sentence, why a reader should doubt what is said; None where there is no reason to."""
    if sentence.support is None or sentence.support.verdict == "supported":
        return None
    return _DOUBTS[sentence.support.verdict] if sentence.citations else _UNCITED


def _worded(text: str, doubted: Sentence | None) -> str:
    """Words, underlined where they belong to a sentence in doubt. A chip is never underlined with them."""
    if doubted is None or not any(character.isalnum() for character in text):
        return inert(text)
    return f'<span class="doubt" title="{inert(_reason(doubted))}">{inert(text)}</span>'


def _note(sentence: Sentence) -> str:
    short, _ = _doubt(sentence) or _UNCITED
    return f'<small class="doubt-note" title="{inert(_reason(sentence))}">{short}</small>'


def _reason(sentence: Sentence) -> str:
    _, why = _doubt(sentence) or _UNCITED
    reasons = "; ".join(sentence.support.reasons) if sentence.support and sentence.citations else ""
    return f"{why}: {reasons}." if reasons else f"{why}."


def _footer(answer: Answer) -> str:
    asides = [answer.notice, *_repairs(answer), _effort(answer)]
    return (
        "<footer>"
        + _people(answer)
        + _support(answer.sentences)
        + _looked_at(answer)
        + _asides(asides)
        + _next(answer, "Ask next")
        + "</footer>"
    )


def _asides(said: Sequence[str]) -> str:
    return "".join(f'<p class="aside">{inert(aside)}</p>' for aside in said if aside)


def _people(answer: Answer) -> str:
    """A card for each story cited, in the order they are first cited, leading to that first citation."""
    first = {citation.story.id: citation for citation in reversed(answer.citations)}
    cards = [
        f'<li><a class="person" role="button" href="{inert(_place(first[identity], answer.generation).href)}">'
        f"{_card(first[identity].story)}</a></li>"
        for identity in dict.fromkeys(citation.story.id for citation in answer.citations)
    ]
    return f'<ul class="people" aria-label="Stories this answer draws on">{"".join(cards)}</ul>' if cards else ""


def _card(story: Story) -> str:
    path = f"<span>{inert(story.origin)}</span> <span>→ {inert(story.destination)}</span>" if story.path else ""
    return f"<strong>{inert(story.title)}</strong>{path}"


def _support(sentences: Sequence[Sentence]) -> str:
    """In words, how much of an answer its sources carry."""
    judged = [sentence.support.verdict for sentence in sentences if sentence.support]
    held = judged.count("supported")
    if not judged:
        return '<p class="support doubted">Not checked against the stories</p>'
    counted = f"{held} of {len(judged)} sentence{'s' * (len(judged) != 1)}"
    if held == len(judged):
        return f'<p class="support">{counted} checked against {"their sources" if held > 1 else "its source"}</p>'
    return f'<p class="support doubted">{counted} found in their sources{UNDERLINED}</p>'


def _looked_at(answer: Answer) -> str:
    """That filters were in force, and which."""
    whom = in_words(answer.filters)
    return f'<p class="aside filtered">Only {inert(whom)} were asked.</p>' if whom else ""


def _next(answer: Answer, label: str, kind: str = "ask") -> str:
    """What could be asked next; `page.js` puts it to the chat, to the letter, having taken away filters if need be."""
    links = "".join(
        f'<li><a class="{kind}" role="button" href="#ask">{inert(question)}</a></li>' for question in answer.suggestions
    )
    return f'<p class="label next">{label}</p><ul class="next">{links}</ul>' if links else ""


def _repairs(answer: Answer) -> list[str]:
    """In a sentence each, what checking changed in the model's words."""
    moved, silent, dead = answer.repairs, answer.dropped_sentences, answer.dropped_marks
    changed = [
        (answer.rewritten, "The model was asked once more, since its sources did not carry its first answer."),
        (moved, f"{_counted(moved, 'sentence')} now cited to a passage that carries what is said."),
        (silent, f"{_counted(silent, 'sentence')} left out: no passage carries such words."),
        (dead, f"{_counted(dead, 'citation')} left out: no passage shown has such a number."),
    ]
    return [said for happened, said in changed if happened]


def _effort(answer: Answer) -> str:
    """What a language model's answer took; "" where none was asked."""
    if answer.tokens is None:
        return ""
    first = answer.seconds.get("first", 0.0)
    return f"First words after {first:.1f} s. {answer.tokens.input:,} tokens read, {answer.tokens.output:,} written."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun} is" if count == 1 else f"{count} {noun}s are"


def _place(citation: Citation, generation: int) -> Place:
    return Place.of(
        citation.story, citation.quote_start, citation.quote_end, number=citation.number, generation=generation
    )
