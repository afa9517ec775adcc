"""Names for stories' files, made of their titles."""

import re
from collections.abc import Iterator
from itertools import count

from slugify import slugify

from index.folder import NOT_STORIES

LENGTH = 54
"""Characters of a name without number and suffix; with `-2` and the like it stays within 60."""

_DEVICES = re.compile(r"con|prn|aux|nul|(?:com|lpt)\d")
# Names that Windows keeps for devices, whatever suffix follows.


def file_names(title: str, suffix: str) -> Iterator[str]:
    """Names for a story of that title, the best first: ASCII, never hidden, at home on every file system."""
    stem = slugify(title[:200], max_length=LENGTH, word_boundary=True, save_order=True) or "story"
    if _DEVICES.fullmatch(stem) or stem in NOT_STORIES:
        stem = f"{stem}-story"
    yield f"{stem}{suffix}"
    yield from (f"{stem}-{number}{suffix}" for number in count(2))
