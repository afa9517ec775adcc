"""What is inside a case: question, conversation, answer with its citations, gold, passages, verdicts and their reasons.

A citation, a gold or a passage leads into its story where the story still says those words at that place.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from eval.asking import PublishedStories
from eval.comparing.pairs import Pair
from eval.folder import Row
from eval.reporting.figures import shown
from eval.reporting.pages import highlighted, with_marks
from index.stories import Story
from ui.escaping import inert
from ui.evaluation_markup import quiet, tag
from ui.reader import Place

FIRST = 3
"""Passages that are shown at once; the others are folded away."""

SHOWN_SCORES = 2
"""Decimals of a case's scores."""


class Links:
    """Addresses of places in the stories of today, each of which is read once."""

    def __init__(self, generation: PublishedStories) -> None:
        self._generation = generation
        self._read: dict[str, Story] = {}

    def href(self, place: Mapping[str, Any], number: int = 0) -> str:
        """The address of a row's place in its story; "" where the story is gone, or says other words there now."""
        if place["story"] not in self._generation.story_ids:
            return ""
        if place["story"] not in self._read:
            self._read[place["story"]] = self._generation.story(place["story"])
        story = self._read[place["story"]]
        start, end = int(place["start"]), int(place["end"])
        if not 0 <= start < end or story.text[start:end].split() != place["text"].split():
            return ""
        return Place.of(story, start, end, number=number, generation=self._generation.pointer.generation).href


def case_body(row: Row, links: Links) -> str:
    """All of a case but its question, which opened it."""
    asked, known = f"{_asked(row)}{_answer(row, links)}", _known(row, links)
    return f'<div class="body"><section>{asked}</section><section>{known}</section></div>'


def pair_body(pair: Pair, links: Links) -> str:
    """A case in two runs, side by side."""
    scores = "".join(
        f'<li><span class="quiet">{inert(name)}</span> {shown(old, SHOWN_SCORES)} → {shown(new, SHOWN_SCORES)}</li>'
        for name, (old, new) in pair.moved_scores.items()
    )
    decided = "after" if pair.improvement > 0 else "before"
    sides = "".join(
        f"<section><h4>{name} {tag(row['outcome'])}</h4>{_answer(row, links)}</section>"
        for name, row in (("Before", pair.before), ("After", pair.after))
    )
    return (
        (quiet(f"Whether to answer was decided rightly {decided} only.") if pair.is_decided_otherwise else "")
        + _conversation(pair.after)
        + f'<div class="body">{sides}</div>'
        + (f'<h4>Scores</h4><ul class="tags">{scores}</ul>' if scores else "")
        + _gold(pair.after, links)
    )


def _asked(row: Row) -> str:
    chance = f", chance of an answer {row['chance']:.2f}" if row["chance"] is not None else ""
    kind = row["type"].replace("_", " ")
    told = f"{kind}, {'answerable' if row['answerable'] else 'not answerable'}, {_seconds(row)}{chance}"
    filters = "; ".join(f"{name} {', '.join(map(str, values))}" for name, values in row["filters"].items())
    searched = row["standalone"] if row["standalone"] != row["question"] else ""
    return (
        quiet(told)
        + (quiet(f"Asked of some stories only: {filters}.") if filters else "")
        + (f"<h4>Searched for</h4>{_said(searched)}" if searched else "")
        + _conversation(row)
    )


def _seconds(row: Row) -> str:
    return f"{shown(row['seconds'].get('total'), 2)} s"


def _conversation(row: Row) -> str:
    turns = "".join(
        f'<p class="said"><span class="quiet">{inert(role)}:</span> {inert(said)}</p>'
        for turn in row["history"]
        for role, said in [(turn.get("role", ""), turn.get("content", ""))]
    )
    return f"<h4>Conversation before</h4>{turns}" if turns else ""


def _answer(row: Row, links: Links) -> str:
    places = {one["number"]: links.href(one, one["number"]) for one in row["citations"]}
    error = f"<h4>Error</h4>{_said(row['error'])}" if row["error"] else ""
    told = ""
    if row["answer"]:
        said = "".join(_piece(text, mark, places) for text, mark in with_marks(row["answer"]))
        told += f'<h4>{"Refusal" if row["refused"] else "Answer"}</h4><p class="said">{said}</p>'
    if row["citations"]:
        told += f"<h4>Cited</h4><ol>{''.join(_citation(one, places) for one in row['citations'])}</ol>"
    # The page's script steps in the reader from one of these to the next.
    return f'{error}<div class="cites">{told}</div>{_support(row)}{_opinions(row)}'


def _piece(text: str, mark: int | None, places: Mapping[int, str]) -> str:
    if mark is None or not places.get(mark):
        return inert(text)
    return f'<a class="story mark" role="button" href="{inert(places[mark])}" aria-label="Source {mark}">{mark}</a>'


def _citation(one: Row, places: Mapping[int, str]) -> str:
    tags = (tag("cites gold", "good") if one["cites_gold"] else "") + ("" if one["valid"] else tag("not valid"))
    return (
        f'<li value="{int(one["number"])}"><div class="from">{_story(one, places[one["number"]])}{tags}</div>'
        f"{_said(one['text'])}</li>"
    )


def _story(place: Mapping[str, Any], href: str) -> str:
    """The name of a story: a link where its words are still there."""
    name = inert(place["story"])
    if not href:
        return f'<span title="This story is gone, or says other words here now">{name}</span>'
    return f'<a class="story" role="button" href="{inert(href)}">{name}</a>'


def _support(row: Row) -> str:
    if row["refused"] or not row.get("sentences"):
        return ""
    items = ""
    for sentence in row["sentences"]:
        found = sentence["support"]
        reasons = quiet("; ".join(found["reasons"])) if found and found["reasons"] else ""
        items += f"<li>{tag(found['verdict'] if found else 'not checked')} {inert(sentence['text'])}{reasons}</li>"
    return f'<details class="more"><summary>Support of each sentence</summary><ul class="plain">{items}</ul></details>'


def _opinions(row: Row) -> str:
    items = "".join(
        f"<li>{''.join(tag(verdict) + ' ' for verdict in one['verdicts'])}"
        f"{(tag('no verdict') + ' ') * len(one['failures'])}{inert(one['claim'])}"
        f"{''.join(quiet(failure) for failure in one['failures'])}</li>"
        for one in row.get("judge") or ()
    )
    return f'<h4>What the judge says</h4><ul class="plain">{items}</ul>' if items else ""


def _known(row: Row, links: Links) -> str:
    scores = "".join(
        f'<li><span class="quiet">{inert(name)}</span> {shown(value, SHOWN_SCORES)}</li>'
        for name, value in row["scores"].items()
        if value is not None
    )
    return (
        (f"<h4>Reference</h4>{_said(row['reference'])}" if row["reference"] else "")
        + _gold(row, links)
        + _passages(row, links)
        + f'<details class="more"><summary>Scores</summary><ul class="tags">{scores}</ul></details>'
    )


def _gold(row: Row, links: Links) -> str:
    items = "".join(
        f'<li><div class="from">{_story(spans[0], links.href(spans[0]) if "start" in spans[0] else "")}</div>'
        f'<p class="said"><mark>{inert(spans[0]["text"])}</mark></p></li>'
        for spans in row["gold"]
        if spans
    )
    enough = ", any one of which is enough" if len(row["gold"]) > 1 else ""
    return f'<h4>Gold{enough}</h4><ul class="plain">{items}</ul>' if items else ""


def _passages(row: Row, links: Links) -> str:
    items = [_passage(hit, rank, row["gold"], links) for rank, hit in enumerate(row["retrieved"], start=1)]
    if not items:
        return ""
    more = ""
    if len(items) > FIRST:
        with_gold = ", gold among them" if any(hit["holds_gold"] for hit in row["retrieved"][FIRST:]) else ""
        more = (
            f'<details class="more"><summary>{len(items) - FIRST} more passages{with_gold}</summary>'
            f"<ol>{''.join(items[FIRST:])}</ol></details>"
        )
    return f"<h4>Retrieved</h4><ol>{''.join(items[:FIRST])}</ol>{more}"


def _passage(hit: Row, rank: int, gold: Sequence[Sequence[Row]], links: Links) -> str:
    holds = tag("holds gold", "good") if hit["holds_gold"] else ""
    words = "".join(
        f"<mark>{inert(text)}</mark>" if is_gold else inert(text) for text, is_gold in highlighted(hit, gold)
    )
    return (
        f'<li value="{rank}"><div class="from">{_story(hit, links.href(hit))}'
        f'<span>score {hit["score"]:.2f}</span>{holds}</div><p class="said">{words}</p></li>'
    )


def _said(text: str) -> str:
    return f'<p class="said">{inert(text)}</p>'
