"""Numbers in words: how many of something there are, and how long something will still take."""

LONGEST_IN_SECONDS = 90
"""A minute and a half is better told in seconds."""


def counted(count: int, one: str, several: str = "") -> str:
    """So many of something, in words that need no escaping; `several` where it is not `one` with an s."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def story_count(count: int) -> str:
    """So many stories."""
    return counted(count, "story", "stories")


def time_left(seconds: float) -> str:
    """How long something will still take, as near as it is worth telling."""
    if seconds < LONGEST_IN_SECONDS:
        return f"about {max(1, round(seconds))} s left"
    return f"about {round(seconds / 60):,} min left"
