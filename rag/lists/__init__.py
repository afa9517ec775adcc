"""Lists: words and sentences that people maintain, one entry a line; lines that begin with # explain."""

from importlib.resources import files


def read_list(name: str) -> tuple[str, ...]:
    """The entries of `name.txt` in this folder."""
    lines = files(__name__).joinpath(f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(line for line in lines if line.strip() and not line.startswith("#"))
