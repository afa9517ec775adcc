"""Layout: where everything lies in an index folder.

    CURRENT          the pointer: one small JSON file that says which generation is published
    gen-000007/      a generation (`generation.py`), never changed once published
    shards/000012/   a shard (`shard.py`), never changed once complete; generations share them
    build.lock       held by the one builder, or by who fetches from a server or deletes; says which
    feedback.*       what readers think of answers: the page's, and left alone here

What is being written lies beside its later place, under the same name with `.tmp` or `.new` behind it.
"""

from dataclasses import dataclass
from pathlib import Path

from index.errors import StoreError

POINTER = "CURRENT"
LOCK = "build.lock"
FEEDBACK = "feedback."
"""How the names of the page's own files begin."""


@dataclass(frozen=True)
class Layout:
    """The places in an index folder, which need not be there."""

    folder: Path

    @property
    def pointer(self) -> Path:
        """The file that says what is published."""
        return self.folder / POINTER

    @property
    def lock(self) -> Path:
        """The file that the one builder holds."""
        return self.folder / LOCK

    def shard(self, name: str) -> Path:
        """A shard's folder."""
        return self.folder / "shards" / name

    def generation(self, number: int) -> Path:
        """A generation's folder."""
        return self.folder / f"gen-{number:06}"

    def shard_names(self) -> list[str]:
        """The complete shards that are there, published or not."""
        return sorted(folder.name for folder in self.folder.glob("shards/*") if folder.name.isdigit())

    def generation_numbers(self) -> list[int]:
        """The complete generations that are there, published or not."""
        return sorted(int(folder.name[4:]) for folder in self.folder.glob("gen-*") if folder.name[4:].isdigit())

    def files(self) -> list[Path]:
        """Every file of the index, in order; without the page's own."""
        kept = set(self.page_files())
        return [file for file in sorted(self.folder.rglob("*")) if file.is_file() and file not in kept]

    def page_files(self) -> list[Path]:
        """The page's own files: what readers think of answers."""
        return sorted(file for file in self.folder.glob(f"{FEEDBACK}*") if file.is_file())

    def unfinished(self) -> list[Path]:
        """The folders that a build is writing, or was writing when it was killed."""
        return [*self.folder.glob("gen-*.tmp"), *self.folder.glob("shards/*.tmp")]

    def refuse_foreign(self) -> None:
        """Raise `StoreError` for a file, or a folder with other things in it: never build over somebody's data.

        And for a folder that cannot be looked into. What systems put into folders by themselves is not minded.
        """
        try:
            foreign = [entry.name for entry in self.folder.iterdir() if not _may_lie_here(entry.name)]
        except FileNotFoundError:
            return
        except NotADirectoryError:
            raise StoreError(
                f"{self.folder}: this is a file, not an index folder. Name another with --index."
            ) from None
        except OSError as error:
            raise StoreError(
                f"{self.folder}: the folder cannot be read ({error.strerror}). "
                "Check its permissions, or name another with --index."
            ) from error
        if foreign:
            raise StoreError(
                f"{self.folder}: this folder is not an index (it holds {foreign[0]}). "
                "Name an empty or new one with --index."
            )


def _may_lie_here(name: str) -> bool:
    """Whether a name is one of an index's own, or a hidden one, such as `.DS_Store`, or `lost+found`."""
    own = {POINTER, f"{POINTER}.new", LOCK, "shards", "lost+found"}
    return name in own or name.startswith(("gen-", FEEDBACK, "."))
