"""What a story is made of, and what is told of files that none can be made of."""

import os
from pathlib import Path

import pytest

from index.stories import read_stories, story_from_record, story_record


def test_stories_of_subfolders_are_read_in_order_of_their_ids(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.md").write_text("I baked.")
    (tmp_path / "a.txt").write_text("I coded.")
    assert [story.id for story in read_stories(tmp_path).stories] == ["a.txt", "more/b.md"]


def test_every_file_that_could_not_be_used_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("I baked.")
    (tmp_path / "binary.md").write_bytes(os.urandom(0) + bytes(range(256)) * 8)
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "yaml.md").write_text("---\na: [b\n---\nI coded.")
    library = read_stories(tmp_path)
    assert [story.id for story in library.stories] == ["good.md", "yaml.md"]
    assert [(fault.file, fault.story_kept) for fault in library.faults] == [
        ("binary.md", False),
        ("empty.md", False),
        ("yaml.md", True),
    ]
    assert "not a text file" in library.faults[0].what


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: Bread\n---\n# Another\n\nI baked.", "Bread"),
        ("# From bread to bytes\n\nI baked.", "From bread to bytes"),
        (
            "## Introduction\n\nThis tells how I went from pastry baking to web development, slowly.",
            "From pastry baking to web development",
        ),
        ("This is my way of becoming a data engineer. I baked before.", "Becoming a data engineer"),
        ("I baked bread every night for years.", "I baked bread every night for years."),
    ],
)
def test_a_title_is_found_where_none_is_given(tmp_path: Path, text: str, title: str) -> None:
    (tmp_path / "a.md").write_text(text)
    assert read_stories(tmp_path).stories[0].title == title


def test_metadata_is_understood_under_the_names_blogs_give_it(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "---\nauthor: {name: Ada B}\nfrom: baker\nto: developer\npostedAt: 2024-07-15T00:00:00.000Z\n"
        "tags: Bread, Code\ncategories: [Career]\nlink: https://example.org/a\n---\nI baked."
    )
    story = read_stories(tmp_path).stories[0]
    assert (story.author, story.path, story.date) == ("Ada B", "baker → developer", "2024-07-15")
    assert story.tags == ("bread", "code", "career")
    assert story.url == "https://example.org/a"


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ("2019", ("2019",)),
        ("true", ("true",)),
        ("0.5", ("0.5",)),
        ("", ()),
        ("[2019, null, [a, [b, true]]]", ("2019", "a", "b", "true")),
        ("{python: , sql: 3}", ("python", "sql")),
    ],
)
@pytest.mark.parametrize("key", ["tags", "labels", "categories"])
def test_tags_are_words_whatever_yaml_takes_them_for(
    tmp_path: Path, key: str, value: str, tags: tuple[str, ...]
) -> None:
    (tmp_path / "a.md").write_text(f"---\n{key}: {value}\n---\nI baked.")
    assert read_stories(tmp_path).stories[0].tags == tags


def test_labels_are_understood_with_capitals_too(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\nTitle: Bread\nAuthor: Ada\nTags: [Code]\nCATEGORIES: Career\n---\nI baked.")
    story = read_stories(tmp_path).stories[0]
    assert (story.title, story.author, story.tags) == ("Bread", "Ada", ("code", "career"))


def test_only_web_addresses_become_links(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\nurl: javascript:alert(1)\n---\nI baked.")
    assert read_stories(tmp_path).stories[0].url == ""


def test_a_story_survives_its_record(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: Bread\ntags: [é]\nnested: {a: [1, 2]}\n---\nI baked.")
    story = read_stories(tmp_path).stories[0]
    assert story_from_record(story.id, story_record(story), story.text) == story
