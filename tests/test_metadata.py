"""What stands at the head of a file: metadata in many spellings; broken ones are given up, the story never."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats.metadata import closing_credits, front_matter, json_like, split_front_matter

BREAD = {"title": "From bread to bytes"}


@pytest.mark.parametrize(
    "head",
    [
        "---\ntitle: From bread to bytes\n---\n",
        '+++\ntitle = "From bread to bytes"\n+++\n',
        '{\n"title": "From bread to bytes"\n}\n\n',
        "Title: From bread to bytes\n\n",
        "---\ntitle: From bread to bytes\n\n",
        "<!--\ntitle: From bread to bytes\n-->\n",
        "export const meta = {\n  title: 'From bread to bytes',\n}\n\n",
    ],
    ids=["YAML", "TOML", "JSON", "lines", "fence never closed", "comment", "MDX"],
)
def test_metadata_come_in_many_spellings(head: str) -> None:
    metadata, body, warnings = split_front_matter(f"{head}I baked.")
    assert (metadata, body.strip(), warnings) == (BREAD, "I baked.", [])


def test_a_notion_page_has_its_properties_below_the_title() -> None:
    metadata, body, _ = split_front_matter("# Bread\n\nCreated: June 1, 2021\nTags: baker, code\n\nI baked.")
    assert metadata == {"title": "Bread", "created": "June 1, 2021", "tags": "baker, code"}
    assert body == "# Bread\n\nI baked."


@pytest.mark.parametrize(
    "story",
    [
        "---\nI baked bread.\n---\nThen I left.",
        "---\n\nI baked.",
        "Me: I baked.\nYou: Why?\n\nI left.",
        "# Bread\n\nMe: I baked.\n\nI left.",
        "<!--\njust a remark\n-->\nI baked.",
        "{ I baked }",
    ],
)
def test_what_only_looks_like_metadata_is_the_story(story: str) -> None:
    assert split_front_matter(story) == ({}, story, [])


@pytest.mark.parametrize(
    "broken",
    [
        "title: From: bread: [to",
        "a: !!bool x",
        "a: !!timestamp x",
        "a: 2020-99-99",
        "? [a]\n: b\n? {c: d}\n: e",
        "a: *nobody",
        "a: " + "[" * 100_000,
        "- " * 100_000 + "a",
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "\n".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]" for n in range(8)),
        "a: &a [*a]",
    ],
    ids=range(10),
)
def test_broken_or_malicious_yaml_is_given_up_with_a_warning(broken: str) -> None:
    metadata, body, warnings = split_front_matter(f"---\n{broken}\n---\nI baked.")
    assert (metadata, body.strip()) == ({}, "I baked.")
    assert warnings[0].startswith("its front matter is broken and was left out")


def test_values_are_of_jsons_types_and_without_unseen_characters() -> None:
    metadata, _, _ = split_front_matter(
        "---\nday: 2021-03-04\nat: 2021-03-04T10:00:00Z\n1: one\n"
        'odd: "a\\u202eb\\0"\nbig: .inf\nset: !!set {a}\n'
        f"long: 0x{'f' * 9000}\n---\nI baked."
    )
    assert metadata.pop("long").startswith("0xfff")
    assert metadata == {
        "day": "2021-03-04",
        "at": "2021-03-04T10:00:00+00:00",
        "1": "one",
        "odd": "ab",
        "big": "inf",
        "set": ["a"],
    }


def test_half_a_character_is_none() -> None:
    assert split_front_matter('{\n"title": "a\\ud800b"\n}\n\nI baked.')[0] == {"title": "ab"}


def test_a_value_too_deep_is_no_metadata() -> None:
    value: list[object] = []
    for _ in range(100):
        value = [value]
    with pytest.raises(ValueError, match="too large"):
        json_like(value)


def test_medium_says_at_the_end_who_wrote_it_when_and_where() -> None:
    end = "By [Ada Baker](https://medium.com/@ada) on [March 4, 2021](https://medium.com/p/1).\n\n[Canonical link]({})"
    assert closing_credits(f"I baked.\n\n{end.format('https://medium.com/@ada/bread-1')}") == {
        "author": "Ada Baker",
        "date": "2021-03-04",
        "canonical_url": "https://medium.com/@ada/bread-1",
    }
    assert closing_credits("By [Ada](x) on [Monday](y) I baked.") == {}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, min_size=1, max_size=5))
def test_metadata_that_were_read_are_written_and_read_back_the_same(anything: dict[str, object]) -> None:
    metadata = json_like(anything)
    json.dumps(metadata, allow_nan=False)
    again, body, warnings = split_front_matter(f"{front_matter(metadata)}\nI baked.")
    assert (again, body.strip(), warnings) == (metadata, "I baked.", [])
