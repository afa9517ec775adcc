"""Names made of titles are taken by every file system."""

from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.folder import NOT_STORIES
from index.intake.names import file_names


@given(st.text(st.characters(exclude_categories=()), max_size=300), st.sampled_from([".md", ".pdf"]))
def test_any_title_makes_names_that_every_file_system_takes(title: str, suffix: str) -> None:
    names = [name for name, _ in zip(file_names(title, suffix), range(12), strict=False)]
    assert len(set(names)) == 12
    for name in names:
        stem = name.removesuffix(suffix)
        assert name.endswith(suffix)
        assert stem.isascii()
        assert stem.replace("-", "").isalnum()
        assert stem == stem.lower()
        assert 0 < len(stem) <= 60
        assert stem not in NOT_STORIES


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Nurse to Engineer — my story!", "nurse-to-engineer-my-story.md"),
        ("Élève, puis développeuse", "eleve-puis-developpeuse.md"),
        ("🥖", "story.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        (".hidden", "hidden.md"),
        ("CON", "con-story.md"),
        ("com1", "com1-story.md"),
        ("README", "readme-story.md"),
        ("word " * 30, "word-" * 10 + "word.md"),
        ("x" * 5_000_000, f"{'x' * 54}.md"),
    ],
)
def test_names_are_made_of_titles(title: str, name: str) -> None:
    assert next(file_names(title, ".md")) == name


def test_no_name_is_kept_by_windows_for_a_device() -> None:
    for device in ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))):
        stem = PureWindowsPath(next(file_names(device, ".md"))).stem
        assert stem == f"{device}-story"
