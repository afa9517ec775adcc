"""What tests that write into folders share: a story's bytes, and what a folder holds afterwards."""

from pathlib import Path

BREAD = b"---\ntitle: From Bread to Bytes\nfrom: baker\n---\nI baked, then I coded.\r\n"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones included."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
