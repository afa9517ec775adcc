"""The settings: which there are, and which wins."""

from pathlib import Path

import pytest

from index.settings import OF_OTHER_ROOMS, Settings
from ui.settings import PageSettings


def test_the_index_knows_the_names_of_the_settings_of_other_rooms() -> None:
    assert set(OF_OTHER_ROOMS) == set(PageSettings.model_fields) - set(Settings.model_fields)


def test_flags_win_over_the_environment_that_over_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CROSSROADS_EMBEDDER=from-file\nCROSSROADS_DEVICE=mps\n")
    monkeypatch.setenv("CROSSROADS_EMBEDDER", "from-environment")
    settings = Settings.load(stories=Path("from-flag"))
    assert (settings.stories, settings.embedder, settings.device) == (Path("from-flag"), "from-environment", "mps")


def test_a_tilde_stands_for_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    (tmp_path / ".env").write_text("CROSSROADS_STORIES=~/my-stories\n")
    settings = Settings.load(index=Path("~/index"))
    assert (settings.stories, settings.index) == (tmp_path / "home" / "my-stories", tmp_path / "home" / "index")
    assert Settings.load().index is None
    assert Settings.load(stories=Path("~nobody-of-that-name")).stories == Path("~nobody-of-that-name")


def test_the_example_of_settings_names_every_setting_and_no_other() -> None:
    lines = Path(__file__).parents[1].joinpath(".env.example").read_text(encoding="utf-8").splitlines()
    named = {
        line.removeprefix("# ").partition("=")[0] for line in lines if line.startswith("# CROSSROADS_") and "=" in line
    }
    assert named == {f"CROSSROADS_{name.upper()}" for name in PageSettings.model_fields}
