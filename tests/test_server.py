"""A Chroma server is asked with a few tries, and told of in words: what is wrong, where, and never the token."""

import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
import tenacity
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from index.__main__ import main
from index.errors import ServerError, SettingsError, StoreError
from index.server import connection as module
from index.server.address import Address
from index.server.blobs import PIECE, packed, unpacked
from index.server.connection import READ, TRIES, Connection
from index.server.records import contents_of, passage_records, plain_record, story_records
from tests.chroma_server import TOKEN, ChromaServer, Library, Line
from tests.shards import contents

VERBS: dict[str, Callable[[Connection, Any], object]] = {
    "collections": lambda connection, _: connection.collections(),
    "collection": lambda connection, _: connection.collection("there"),
    "create": lambda connection, _: connection.create("made"),
    "rename": lambda connection, there: connection.rename(there, "named"),
    "note": lambda connection, there: connection.note(there, {"a": 1}),
    "drop": lambda connection, _: connection.drop("there"),
    "write": lambda connection, there: connection.write(there, [plain_record("a", "b")]),
    "document": lambda connection, there: connection.document(there, "a"),
    "read": lambda connection, there: list(connection.read(there, ["documents"])),
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a server that is disturbed on purpose."""
    monkeypatch.setattr(module, "WAIT", tenacity.wait_none())


@pytest.mark.parametrize(
    "url",
    [
        "chroma.example",
        "ftp://chroma.example",
        "http://",
        "http://[::1",
        "http://chroma.example:99999",
        "http://me:hunter2@chroma.example",
        "http://hunter2@chroma.example",
        "http://chroma.example/?token=hunter2",
        "http://chroma.example/#hunter2",
    ],
)
def test_an_address_that_is_none_is_one_sentence_that_names_the_setting(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CROSSROADS_CHROMA_URL", url)
    assert main(["status"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: CROSSROADS_CHROMA_URL: ")
    assert said.count("\n") == 1
    assert "hunter2" not in said


@pytest.mark.parametrize("token", ["hunter2\n", "hunter 2", "hünter2"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(SettingsError, match="CROSSROADS_CHROMA_TOKEN") as refused:
        Address("http://chroma.example", SecretStr(token))
    assert "nter" not in str(refused.value)


@pytest.mark.parametrize(("setting", "name"), [("TENANT", "../other"), ("DATABASE", "a b"), ("DATABASE", "")])
def test_a_name_that_would_lead_elsewhere_is_refused(setting: str, name: str) -> None:
    with pytest.raises(SettingsError, match=f"CROSSROADS_CHROMA_{setting}"):
        Address("http://chroma.example", **{setting.lower(): name})  # type: ignore[arg-type]


def test_an_address_does_not_show_its_token() -> None:
    address = Address("https://chroma.example/base", SecretStr("hunter2"))
    assert "hunter2" not in f"{address} {address!r}"


@pytest.mark.parametrize("disturbance", [500, 503, 429, 401, 403, 413, 404, 302, "cut", "lost", "mute"])
def test_what_goes_wrong_is_told_after_a_few_tries_with_the_place_and_without_the_token(
    library: Library,
    line: Line,
    disturbance: str | int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setattr(module, "PATIENCE", httpx.Timeout(0.3))
    line.disturbance = disturbance
    with pytest.raises(ServerError) as failed:
        library.connection(line.url).collection("anything")
    assert line.requests == (1 if disturbance in {401, 403, 413, 404, 302} else TRIES)
    said = "".join(traceback.format_exception(failed.value))
    assert f"{line.url} (default_tenant/{library.database}): " in str(failed.value)
    assert TOKEN not in said + caplog.text
    line.disturbance = ""
    assert library.connection(line.url).collection("anything") is None


def test_a_server_that_is_not_there_is_told_with_the_setting_to_look_at(library: Library, line: Line) -> None:
    line.close()
    with pytest.raises(ServerError, match=r"cannot be reached.*CROSSROADS_CHROMA_URL"):
        library.connection(line.url).collection("anything")


def test_a_server_that_never_answers_is_not_waited_for_again_and_again(
    library: Library, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", httpx.Timeout(0.3))
    monkeypatch.setattr(module, "TRYING", 0.5)
    line.disturbance = "mute"
    with pytest.raises(ServerError, match="did not answer"):
        library.connection(line.url).collection("anything")
    assert line.requests == 2


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("disturbance", [503, "cut", "lost"])
def test_what_passes_by_itself_is_not_noticed(library: Library, line: Line, disturbance: str | int, verb: str) -> None:
    there = library.connection().create("there")
    library.connection().write(there, [plain_record("a", "b")])
    expected = VERBS[verb](library.connection(), there) if verb in {"document", "read"} else None
    connection = library.connection(line.url)
    through = connection.collection("there")
    line.disturbance, line.after = disturbance, -2
    found = VERBS[verb](connection, through)
    assert line.requests >= 3 + (verb != "collections")
    names = library.names()
    match verb:
        case "create":
            assert found is not None
            assert names == ["made", "there"]
        case "rename":
            assert found is True
            assert names == ["named"]
        case "drop":
            assert names == []
        case "note":
            changed = library.connection().collection("there")
            assert changed is not None
            assert changed.metadata == {"a": 1}
        case "document" | "read":
            assert found == expected
        case _:
            assert names == ["there"]


def test_of_all_who_make_a_collection_at_once_one_alone_has_made_it(library: Library) -> None:
    connections = [library.connection() for _ in range(4)]
    with ThreadPoolExecutor(4) as together:
        for number in range(10):
            made = list(together.map(lambda one, name=f"name-{number}": one.create(name), connections))
            assert sum(one is not None for one in made) == 1


def test_of_all_who_rename_to_one_name_at_once_one_alone_succeeds(library: Library) -> None:
    connections = [library.connection() for _ in range(4)]
    with ThreadPoolExecutor(4) as together:
        for number in range(10):
            own = [one.create(f"own-{number}-{place}") for place, one in enumerate(connections)]
            named = [
                together.submit(connection.rename, one, f"name-{number}")
                for connection, one in zip(connections, own, strict=True)
            ]
            assert sum(one.result() for one in named) == 1


def test_a_collection_that_is_gone_can_neither_be_renamed_nor_written_to(library: Library) -> None:
    connection = library.connection()
    made = connection.create("made")
    connection.drop("made")
    connection.drop("made")
    assert connection.rename(made, "named") is False
    with pytest.raises(StoreError, match="no such tenant, database or collection"):
        connection.write(made, [plain_record("a", "b")])


@pytest.mark.parametrize("name", ["nothing-of-this-name", "x"])
def test_a_database_that_is_not_there_is_told(chroma_server: ChromaServer, name: str) -> None:
    connection = Connection(Address(chroma_server.url, database=name))
    with pytest.raises(StoreError, match=name):
        connection.collection("crossroads")
    connection.close()


def test_more_records_and_more_collections_than_are_told_at_once_are_all_told(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = library.connection()
    made = connection.create("made")
    connection.write(made, [plain_record(f"{number}", f"text {number}") for number in range(READ + 20)])
    read = {one["ids"]: one["documents"] for one in connection.read(made, ["documents"])}
    assert read == {f"{number}": f"text {number}" for number in range(READ + 20)}
    monkeypatch.setattr(module, "READ", 2)
    for number in range(4):
        connection.create(f"other-{number}")
    assert len(connection.collections()) == 5


@given(rows=st.integers(0, 700), width=st.sampled_from([1, 8, 128]), seed=st.integers(0, 9))
def test_arrays_come_back_to_the_bit(rows: int, width: int, seed: int) -> None:
    array = np.random.default_rng(seed).integers(-127, 128, (rows, width), dtype=np.int8)
    told = packed("codes", array)
    assert all(len(piece) <= PIECE for piece in told.values())
    np.testing.assert_array_equal(unpacked("codes", told, np.int8, width), array)


def test_an_array_of_which_a_piece_is_missing_is_no_array() -> None:
    told = packed("codes", np.ones((PIECE, 3), dtype=np.int8))
    del told["codes.1"]
    with pytest.raises(ValueError, match="reshape"):
        unpacked("codes", told, np.int8, 7)


def test_a_shard_comes_back_from_its_records_in_any_order() -> None:
    shard = [contents(name, [f"{name} {number}. " for number in range(12)]) for name in ("a.md", "b/c.md", "b.md")]
    stories, passages = (
        [{**one, "metadatas": dict(one["metadatas"])} for one in records[::-1]]
        for records in (story_records(shard), list(passage_records(shard)))
    )
    found = contents_of(stories, passages)
    assert [item.story for item in found] == sorted((item.story for item in shard), key=lambda story: story.id)
    for item in found:
        own = next(other for other in shard if other.story.id == item.story.id)
        assert list(item.passages) == list(own.passages)
        assert item.spans == own.spans
        np.testing.assert_array_equal(item.vectors, own.vectors)
        for sentences, codes, ours, our_codes in zip(
            item.sentences, item.tokens, own.sentences, own.tokens, strict=True
        ):
            np.testing.assert_array_equal(sentences, ours.astype(np.float16).astype(np.float32))
            for one, other in zip(codes, our_codes, strict=True):
                np.testing.assert_array_equal(one, other)
    with pytest.raises(LookupError):
        contents_of(stories, [one for one in passages if one["metadatas"]["story"] != "b.md"])
