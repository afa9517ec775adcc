"""Where stories and index lie, which model embeds them, on which device.

Flags win over environment variables (`CROSSROADS_…`), those over `.env`, those over the defaults here. An
unknown or ill-typed setting is an error that names it. Other rooms extend `Settings` with their own fields.
"""

import difflib
import hashlib
import os
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.errors import SettingsError

PREFIX = "CROSSROADS_"

OF_OTHER_ROOMS = (
    "llm",
    "llm_base_url",
    "llm_temperature",
    "llm_max_tokens",
    "llm_window",
    "llm_timeout",
    "llm_deadline",
    "llm_retries",
    "llm_requests_per_minute",
    "passages",
    "support",
    "grounder",
    "user",
    "password",
    "feedback",
    "editable",
    "fetch",
)
"""Fields that `rag.settings` and `ui.settings` add: known here so that the index's commands do not refuse them."""


class Settings(BaseSettings):
    """Settings of the index. Build it with `Settings.load`, which turns faults into a `SettingsError`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    stories: Path = Path("stories")
    """The folder of stories."""
    index: Path | None = None
    """The folder of the index; unset, one of its own for each stories folder, under `.crossroads/`."""
    embedder: str = ""
    """A sentence-transformers model: a name, or a folder. Unset, the packaged all-MiniLM-L6-v2."""
    device: str = "auto"
    """auto (CUDA, then MPS, then CPU), cpu, cuda, cuda:N or mps."""
    reranker: str = ""
    """A sentence-transformers cross-encoder that orders the best hits anew: a name, or a folder. Unset, none does."""
    chroma_url: str = ""
    """A Chroma server that keeps the index, such as http://127.0.0.1:8000; the index folder mirrors it.

    Unset, the folder is the index.
    """
    chroma_token: SecretStr = SecretStr("")
    """What the server lets us in by, if it asks."""
    chroma_tenant: str = "default_tenant"
    chroma_database: str = "default_database"
    """Where on the server: a database holds one library."""
    rerank_depth: Annotated[int, Field(gt=0)] = 30
    """How many hits it orders: each takes as long as embedding a passage."""

    @field_validator("stories", "index")
    @classmethod
    def _from_home(cls, folder: Path | None) -> Path | None:
        """A folder below `~`, which no shell has replaced in `.env` and in `--stories=~/…`."""
        try:
            return folder.expanduser() if folder else None
        except RuntimeError:  # nobody has that name: the folder is called so
            return folder

    @classmethod
    def load(cls, **flags: Any) -> Self:
        """The settings in force; a flag that is None counts as not given. Raises `SettingsError`."""
        _refuse_unknown(cls)
        try:
            return cls(**{name: value for name, value in flags.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            name = PREFIX + str(first["loc"][0]).upper()
            raise SettingsError(
                f"{name}={first['input']!r}: {first['msg']}. Correct it in the environment or in .env."
            ) from None

    @property
    def index_folder(self) -> Path:
        """The folder of the index: as set, or one that belongs to the stories folder and the server, if any, alone."""
        if self.index is not None:
            return self.index
        stories = self.stories.resolve()
        server = [self.chroma_url, self.chroma_tenant, self.chroma_database] if self.chroma_url else []
        told = "\n".join([str(stories), *server])
        return Path(".crossroads") / f"{stories.name}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def _refuse_unknown(settings: type[Settings]) -> None:
    """Raise `SettingsError` for a variable with our prefix that means nothing, and name the nearest that does."""
    known = {PREFIX + name.upper() for name in (*settings.model_fields, *OF_OTHER_ROOMS)}
    for name in [*_dotenv_names(settings), *os.environ]:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), sorted(known), n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known))}."
            raise SettingsError(f"{name}: there is no such setting. {hint}")


def _dotenv_names(settings: type[Settings]) -> list[str]:
    from dotenv import dotenv_values  # comes with pydantic-settings; only needed here

    file = settings.model_config.get("env_file")
    return list(dotenv_values(str(file))) if file and Path(str(file)).is_file() else []
