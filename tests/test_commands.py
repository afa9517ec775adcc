"""The commands as a person runs them: what they print, and how they end when something is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from index.__main__ import main as index_main
from index.settings import OF_OTHER_ROOMS, Settings
from rag.__main__ import main as rag_main
from rag.settings import RagSettings


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
    assert index_main(["search", "free Python course", "--explain", *folders]) == 0
    assert "lexical" in capsys.readouterr().out

    assert rag_main(["How much did the baker pay for the bootcamp?", *folders]) == 0
    printed = capsys.readouterr().out
    assert "4,200 euros" in printed
    assert "[1] From bread to back end (baker.md" in printed
    assert rag_main(["How much did the baker pay for the bootcamp?", "--json", *folders]) == 0
    assert json.loads(capsys.readouterr().out)["citations"][0]["story"] == "baker.md"


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


def test_the_index_knows_the_names_of_the_settings_of_other_rooms() -> None:
    assert set(OF_OTHER_ROOMS) == set(RagSettings.model_fields) - set(Settings.model_fields)


def test_flags_win_over_the_environment_that_over_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CROSSROADS_EMBEDDER=from-file\nCROSSROADS_DEVICE=mps\n")
    monkeypatch.setenv("CROSSROADS_EMBEDDER", "from-environment")
    settings = Settings.load(stories=Path("from-flag"))
    assert (settings.stories, settings.embedder, settings.device) == (Path("from-flag"), "from-environment", "mps")


def test_nothing_of_torch_or_chroma_is_imported_to_see_that_nothing_changed(folders: list[str]) -> None:
    assert index_main(["build", *folders]) == 0
    code = (
        "import sys; from index.__main__ import main; code = main(sys.argv[1:]); "
        "heavy = {'torch', 'sentence_transformers', 'chromadb', 'transformers'}; "
        "print(sorted(heavy & set(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, "build", *folders], capture_output=True, text=True, check=True)
    assert "Nothing changed" in done.stdout
    assert done.stdout.strip().endswith("[]")


def test_the_example_of_settings_names_every_setting_and_no_other() -> None:
    lines = Path(__file__).parents[1].joinpath(".env.example").read_text(encoding="utf-8").splitlines()
    named = {
        line.removeprefix("# ").partition("=")[0] for line in lines if line.startswith("# CROSSROADS_") and "=" in line
    }
    assert named == {f"CROSSROADS_{name.upper()}" for name in RagSettings.model_fields}
