"""Stories as cards: what is known of each, a link that opens it, and how many there are. Knows nothing of Gradio."""

from collections.abc import Sequence

from index.stories import Story
from ui.amounts import story_count
from ui.escaping import inert
from ui.reader import Place
from ui.shelf import Selection, minutes

MOST_TAGS = 6


def cards(stories: Sequence[Story], generation: int, *, removable: bool) -> str:
    """A list of stories (with their texts), each with what opens it and, if it may be removed, what does that."""
    items = "".join(f'<li class="card">{_card(story, generation, removable=removable)}</li>' for story in stories)
    return f'<ul class="cards">{items}</ul>'


def nothing(selection: Selection) -> str:
    """What stands in place of the cards where no story is left."""
    if selection.words.strip():
        looked = f"No story has “{inert(selection.words.strip()[:80])}” in it"
        rest = " among those chosen" if selection.origins or selection.destinations or selection.tags else ""
        return f'<p class="empty">{looked}{rest}. Try another word, or take some away.</p>'
    return '<p class="empty">No story has all of that. Take one of the choices away.</p>'


def summary(shown: int, left: int, every: int) -> str:
    """How many stories there are, and how many of them are looked at."""
    if left < every:
        return f'<p class="summary" role="status">{left:,} of {story_count(every)}{_first(shown, left)}</p>'
    return f'<p class="summary" role="status">{story_count(every)}{_first(shown, left)}</p>'


def _card(story: Story, generation: int, *, removable: bool) -> str:
    href = inert(Place.of(story, generation=generation).href)
    path = f'<p class="path">{inert(story.origin)} → {inert(story.destination)}</p>' if story.path else ""
    known = [inert(story.author), *(f"<span>{words}</span>" for words in (inert(story.date), _reading(story)) if words)]
    about = " · ".join(filter(None, known))  # what is in a span is not broken over two lines
    tags = "".join(f"<li>{inert(tag)}</li>" for tag in story.tags[:MOST_TAGS])
    more = len(story.tags) - MOST_TAGS
    tags += f"<li>+{more}</li>" if more > 0 else ""
    listed = f'<ul class="tags" aria-label="Tags">{tags}</ul>' if tags else ""
    remove = (
        f'<button type="button" class="remove" data-place="{href}" data-title="{inert(story.title)}" '
        f'aria-label="Remove {inert(story.title)}">Remove</button>'
        if removable
        else ""
    )
    return (
        f'<h3><a class="story" role="button" href="{href}">{inert(story.title)}</a></h3>{path}'
        f'<div class="foot"><p class="about">{about}</p>{remove}</div>{listed}'
    )


def _reading(story: Story) -> str:
    return f"{minutes(story)} min to read"


def _first(shown: int, left: int) -> str:
    return f", the first {shown:,} shown" if shown < left else ""
