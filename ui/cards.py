"""Stories as cards: what is known of each, a link that opens it, and how many there are. Knows nothing of Gradio."""

from collections.abc import Sequence

from index.stories import Story
from ui.escaping import inert
from ui.reader import Place
from ui.shelf import Choice, minutes

MOST_TAGS = 6


def cards(stories: Sequence[Story], generation: int, *, removable: bool) -> str:
    """A list of stories (with their texts), each with what opens it and, if it may be removed, what does that."""
    items = "".join(f'<li class="card">{_card(story, generation, removable=removable)}</li>' for story in stories)
    return f'<ul class="cards">{items}</ul>'


def nothing(choice: Choice) -> str:
    """What stands in place of the cards where no story is left."""
    if choice.words.strip():
        looked = f"No story has “{inert(choice.words.strip()[:80])}” in it"
        rest = " among those chosen" if choice.origins or choice.destinations or choice.tags else ""
        return f'<p class="empty">{looked}{rest}. Try another word, or take some away.</p>'
    return '<p class="empty">No story has all of that. Take one of the choices away.</p>'


def summary(shown: int, left: int, every: int) -> str:
    """How many stories there are, and how many of them are looked at."""
    if left < every:
        return f'<p class="summary" role="status">{left:,} of {_stories(every)}{_first(shown, left)}</p>'
    return f'<p class="summary" role="status">{_stories(every)}{_first(shown, left)}</p>'


def _card(story: Story, generation: int, *, removable: bool) -> str:
    href = inert(Place.of(story, generation=generation).href)
    path = f'<p class="path">{inert(story.origin)} → {inert(story.destination)}</p>' if story.path else ""
    about = " · ".join([*map(inert, filter(None, (story.author, story.date))), f"{minutes(story)} min to read"])
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


def _first(shown: int, left: int) -> str:
    return f", the first {shown:,} shown" if shown < left else ""


def _stories(count: int) -> str:
    return f"{count:,} {'story' if count == 1 else 'stories'}"
