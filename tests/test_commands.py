"""The commands as a person runs them: what they print, and how they end when something is wrong."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from index.__main__ import main as index_main
from index.generation import FORMAT
from index.relevance import PASSAGE_WEIGHTS, STORY_WEIGHTS
from index.store import PassageStore
from rag.__main__ import main as rag_main


@pytest.fixture
def folders(stories_folder: Path, tmp_path: Path) -> list[str]:
    return ["--stories", str(stories_folder), "--index", str(tmp_path / "index"), "--device", "cpu"]


def test_build_status_search_and_ask(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert index_main(["build", *folders]) == 0
    printed = capsys.readouterr().out
    assert "4 added" in printed
    assert "Generation 1 is published: 4 stories" in printed

    assert index_main(["build", "--json", *folders]) == 0
    assert json.loads(capsys.readouterr().out)["published"] is False

    assert index_main(["status", "--json", *folders]) == 0
    assert set(json.loads(capsys.readouterr().out)["stories"]) == {"baker.md", "lawyer.md", "nurse.txt", "welder.md"}
    assert index_main(["status", *folders]) == 0
    assert "4 stories" in capsys.readouterr().out

    assert index_main(["search", "free Python course", "--json", "--count", "2", *folders]) == 0
    hits = json.loads(capsys.readouterr().out)
    assert (len(hits), hits[0]["story"]) == (2, "baker.md")

    assert rag_main(["How much did the baker pay for the bootcamp?", *folders]) == 0
    printed = capsys.readouterr().out
    assert "4,200 euros" in printed
    assert "[1] From bread to back end (baker.md" in printed
    assert rag_main(["How much did the baker pay for the bootcamp?", "--json", *folders]) == 0
    assert json.loads(capsys.readouterr().out)["citations"][0]["story"] == "baker.md"


@pytest.mark.parametrize("command", ["status", "export"])
def test_an_index_of_another_format_is_told_with_the_command_that_mends_it(
    folders: list[str], capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert index_main(["build", *folders]) == 0
    file = Path(folders[3]) / "CURRENT"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"format": FORMAT - 1}), "utf-8")
    capsys.readouterr()
    assert index_main([command, *folders]) == 2
    assert (
        f"has format {FORMAT - 1}, this version reads {FORMAT}. Run `python -m index build`" in capsys.readouterr().err
    )


def test_every_part_of_a_score_is_explained_in_columns(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert index_main(["build", *folders]) == 0
    capsys.readouterr()
    assert index_main(["search", "free Python course", "--explain", "--count", "3", *folders]) == 0
    rows = re.findall(r"^    (?=[a-z_]+ +-?\d)(.*)$", capsys.readouterr().out, re.MULTILINE)
    found = [re.findall(r"([a-z_]+) +(-?\d+\.\d{3})", row) for row in rows]
    assert [name for cells in found for name, _ in cells] == [
        *dict.fromkeys(name for cells in found for name, _ in cells)
    ] * 3
    assert {name for cells in found for name, _ in cells} == {"dense", "sentence", *STORY_WEIGHTS, *PASSAGE_WEIGHTS}
    assert len({tuple(match.end() for match in re.finditer(r"\d\.\d{3}", row)) for row in rows}) == 2  # whole, and last


def test_filters_are_flags_of_search_and_of_asking(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert index_main(["build", *folders]) == 0
    capsys.readouterr()
    chosen = ["--from", "lawyers", "--from", "baker", "--to", "analyst", "--tag", "self-taught"]
    assert index_main(["search", "a course", "--json", *chosen, *folders]) == 0
    assert {hit["story"] for hit in json.loads(capsys.readouterr().out)} == {"lawyer.md"}
    assert rag_main(["What did the people learn?", "--json", "--year", "2018-2019", *folders]) == 0
    assert {hit["story"] for hit in json.loads(capsys.readouterr().out)["retrieved"]} == {"baker.md"}

    assert index_main(["search", "a course", "--tag", "boot camps", *folders]) == 2
    told = capsys.readouterr().err
    assert told == "error: No story here has tag “boot camps”. Nearest tags: “bootcamp”.\n"
    assert rag_main(["What did people learn?", "--tag", "boot camps", "--json", *folders]) == 0
    refusal = json.loads(capsys.readouterr().out)
    assert (refusal["refused"], f"error: {refusal['reason']}\n") == (True, told)
    for run, words in ((index_main, ["search", "a course"]), (rag_main, ["How long?"])):
        assert run([*words, "--year", "soon", *folders]) == 2
        assert "--year soon: this is no year. Write a year as 2019" in capsys.readouterr().err


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    folders: list[str], stories_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert index_main(["build", *folders]) == 0
    (stories_folder / "baker.md").write_text("# Changed\n\nI baked.")
    capsys.readouterr()
    assert index_main(["build", "--dry-run", *folders]) == 0
    assert capsys.readouterr().out == "0 added, 1 changed, 0 gone, 3 unchanged.\n  changed: baker.md\n"
    assert index_main(["build", "--dry-run", "--force", "--json", *folders]) == 0
    assert json.loads(capsys.readouterr().out)["whole"] == "it was asked for"
    assert index_main(["status", "--json", *folders]) == 0
    assert json.loads(capsys.readouterr().out)["generation"] == 1


def test_a_story_is_added_once_and_answers_at_once(
    folders: list[str], stories_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = tmp_path / "My Story (final).md"
    story.write_text("---\ntitle: The diver\n---\n\nI repaired oil rigs under water for nine years in Aberdeen.")
    assert index_main(["add", str(story), *folders]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"To {stories_folder}:\n")
    assert "added as the-diver.md" in printed
    assert (stories_folder / "the-diver.md").read_bytes() == story.read_bytes()
    assert index_main(["add", str(story), str(tmp_path / "My Story (final).md"), *folders]) == 0
    printed = capsys.readouterr().out
    assert printed.count("not added, since the-diver.md is the same story") == 2
    assert "Nothing changed" in printed
    assert index_main(["search", "who repaired oil rigs", "--json", *folders]) == 0
    assert json.loads(capsys.readouterr().out)[0]["story"] == "the-diver.md"


def test_of_a_folder_what_can_be_read_is_added_and_the_rest_is_told(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "diver.md").write_text("# The diver\n\nI repaired oil rigs.")
    (tmp_path / "more" / "noise.txt").write_bytes(bytes(range(256)) * 8)
    assert index_main(["add", str(tmp_path / "more"), "--json", *folders]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(item["outcome"], item.get("story_id", "")) for item in told["stories"]] == [
        ("added", "the-diver.md"),
        ("fault", ""),
    ]
    assert told["build"]["stories"] == 5


def test_a_removed_story_is_gone_to_the_last_sentence(
    folders: list[str], stories_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = "Nobody warned me that the evenings would disappear."
    index = Path(folders[3])
    assert index_main(["build", *folders]) == 0
    assert [file for file in index.rglob("*") if file.is_file() and sentence.encode() in file.read_bytes()]
    capsys.readouterr()
    assert index_main(["remove", "lawyer.md", *folders]) == 0
    assert "none of its 7 sentences is in any" in capsys.readouterr().out
    assert not (stories_folder / "lawyer.md").exists()
    assert not [file for file in index.rglob("*") if file.is_file() and sentence.encode() in file.read_bytes()]
    assert index_main(["remove", "lawyer.md", *folders]) == 2
    assert "there is no such story" in capsys.readouterr().err


def test_what_still_holds_a_removed_story_is_named(
    folders: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index_main(["build", *folders]) == 0
    monkeypatch.setattr("index.intake.removal.PATIENCE", 0.0)
    reader = PassageStore(Path(folders[3])).open()
    assert index_main(["remove", "lawyer.md", *folders]) == 1
    assert "chroma.sqlite3" in capsys.readouterr().out
    del reader
    PassageStore(Path(folders[3])).prune()
    assert sorted(folder.name for folder in Path(folders[3]).glob("gen-*")) == ["gen-000002"]


def test_the_last_story_can_be_removed_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "a.md").write_text("# Bread\n\nI baked bread for eleven years in Lyon.")
    folders = ["--stories", str(tmp_path / "stories"), "--index", str(tmp_path / "index"), "--device", "cpu"]
    assert index_main(["build", *folders]) == 0
    assert index_main(["remove", "a.md", *folders]) == 0
    assert "its sentence is in none of the index's" in capsys.readouterr().out
    assert index_main(["status", *folders]) == 2
    assert list((tmp_path / "index").glob("shards/*")) == []


def test_the_last_story_that_can_be_read_is_removed_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "a.md").write_text("# Bread\n\nI baked bread for eleven years in Lyon.")
    (tmp_path / "stories" / "empty.md").touch()
    folders = ["--stories", str(tmp_path / "stories"), "--index", str(tmp_path / "index"), "--device", "cpu"]
    assert index_main(["build", *folders]) == 0
    assert index_main(["remove", "a.md", *folders]) == 0
    assert "a.md is out of the stories folder and out of the index" in capsys.readouterr().out
    assert index_main(["status", *folders]) == 2
    assert [file.name for file in (tmp_path / "stories").iterdir()] == ["empty.md"]


def test_of_a_story_that_is_there_twice_is_told_that_the_other_keeps_its_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stories").mkdir()
    for name in ("a.md", "b.md"):
        (tmp_path / "stories" / name).write_text("# Bread\n\nI baked bread for eleven years in Lyon.")
    folders = ["--stories", str(tmp_path / "stories"), "--index", str(tmp_path / "index"), "--device", "cpu"]
    assert index_main(["build", *folders]) == 0
    assert index_main(["remove", "a.md", *folders]) == 0
    told = capsys.readouterr().out
    assert "it had no sentence of its own to look for" in told
    assert "Other stories have 1 more of its sentences too" in told


def test_the_export_holds_every_story_and_passage(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert index_main(["export", *folders]) == 2
    assert "index build" in capsys.readouterr().err
    assert index_main(["build", *folders]) == 0
    capsys.readouterr()
    assert index_main(["export", *folders]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert index_main(["export", "--out", str(tmp_path / "all.jsonl"), *folders]) == 0
    assert (tmp_path / "all.jsonl").read_text("utf-8").splitlines() == lines
    records = [json.loads(line) for line in lines]
    stories = {record["id"]: record for record in records if record["type"] == "story"}
    passages = [record for record in records if record["type"] == "passage"]
    assert set(stories) == {"baker.md", "lawyer.md", "nurse.txt", "welder.md"}
    assert all(item["text"] == stories[item["story"]]["text"][item["start"] : item["end"]] for item in passages)
    assert "".join(item["text"] for item in passages if item["story"] == "baker.md") == stories["baker.md"]["text"]
    assert index_main(["export", "--out", str(tmp_path / "nowhere" / "all.jsonl"), *folders]) == 2


def test_faults_of_files_are_reported_and_the_rest_is_built(
    folders: list[str], stories_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stories_folder / "broken.md").write_bytes(bytes(range(256)) * 8)
    assert index_main(["build", *folders]) == 0
    assert "broken.md: left out: this is not a text file" in capsys.readouterr().out


def test_what_is_wrong_is_told_in_one_message_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(code: int) -> str:
        assert code == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("error: ")
        assert "Traceback" not in err
        return err

    missing = ["--stories", str(tmp_path / "nowhere"), "--index", str(tmp_path / "index")]
    assert "no such folder" in told(index_main(["build", *missing]))
    assert "index build" in told(index_main(["status", *missing]))
    assert "index build" in told(index_main(["search", "bread", *missing]))
    assert "index build" in told(rag_main(["How long?", *missing]))
    assert "empty" in told(rag_main(["  ", *missing]))
    assert "provider:model" in told(rag_main(["How long?", "--llm", "gpt", *missing]))
    monkeypatch.setenv("CROSSROADS_STORYS", "x")
    assert "CROSSROADS_STORYS: there is no such setting. Did you mean CROSSROADS_STORIES?" in told(
        index_main(["status"])
    )
    monkeypatch.delenv("CROSSROADS_STORYS")
    monkeypatch.setenv("CROSSROADS_LLM_TIMEOUT", "soon")
    assert "CROSSROADS_LLM_TIMEOUT='soon'" in told(rag_main(["How long?"]))


def test_an_unknown_setting_in_the_env_file_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CROSSROADS_EMBEDER=x\nOTHER=1\n")
    assert index_main(["status"]) == 2
    assert "Did you mean CROSSROADS_EMBEDDER?" in capsys.readouterr().err


NOT_TO_QUOTE = ("langchain_core", "langsmith", "bs4", "emoji", "scipy")


@pytest.mark.parametrize(
    ("code", "arguments", "said", "heavy"),
    [
        (
            "from index.__main__ import main; main(sys.argv[1:])",
            ["build"],
            "Nothing changed",
            ("torch", "sentence_transformers", "chromadb", "transformers"),
        ),
        ("from rag.__main__ import main; main(sys.argv[1:])", ["How much did the course cost?"], "[1]", NOT_TO_QUOTE),
        ("import app, rag.ask, ui.page, ui.site", [], "", ("torch", *NOT_TO_QUOTE)),
    ],
    ids=["nothing changed", "quoting", "the chat"],
)
def test_nothing_is_imported_that_is_not_needed(
    folders: list[str], code: str, arguments: list[str], said: str, heavy: tuple[str, ...]
) -> None:
    assert index_main(["build", *folders]) == 0
    program = f"import sys; {code}; print(sorted({set(heavy)} & sys.modules.keys()))"
    command = [sys.executable, "-c", program, *arguments, *folders]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said in done.stdout
    assert done.stdout.strip().endswith("[]")
