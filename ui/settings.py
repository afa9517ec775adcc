"""Who may use the page, and what of it: settings of the server that `app.py` starts."""

from typing import Literal

from pydantic import SecretStr

from rag.settings import RagSettings


class PageSettings(RagSettings):
    """Settings of asking, and those of the page. Build it with `PageSettings.load`."""

    user: str = ""
    """Who may come in, by name; needed, with the password, where others than this machine can reach the page."""
    password: SecretStr = SecretStr("")
    """That user's password."""
    feedback: bool = True
    """Whether thumbs up and down are kept, in a file on this machine (`feedback.jsonl` in the index's folder)."""
    editable: Literal["auto", "yes", "no"] = "auto"
    """Whether stories may be added and removed on the page; auto: unless everybody may come in from elsewhere."""
    fetch: bool = False
    """Whether a story may be added on the page by its address, which this machine then fetches."""
