"""A model is known by its files or its revision, fetched without pickles and code, refused where it needs them."""

import json
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from index.errors import EmbedderError
from index.weights import PACKAGED, find_model, refuse_code_and_pickles

REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as a model has it; what is in its files is nonsense."""
    (tmp_path / "model.safetensors").write_bytes(b"one")
    (tmp_path / "modules.json").write_text(json.dumps([{"type": "sentence_transformers.models.Transformer"}]))
    (tmp_path / "README.md").write_text("A model.")
    return tmp_path


def test_the_packaged_model_is_known_by_its_name() -> None:
    found = find_model(PACKAGED)
    assert found.identity == PACKAGED
    assert (found.folder / "model.safetensors").is_file()


@pytest.mark.parametrize("name", ["model.safetensors", "modules.json", "vocab.txt", "1_Dense/config.json"])
def test_a_folder_is_known_by_all_that_makes_its_vectors(folder: Path, name: str) -> None:
    before = find_model(str(folder)).identity
    assert before.startswith(f"{folder.name}:")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"two")
    assert find_model(str(folder)).identity != before


def test_what_makes_no_vectors_does_not_matter(folder: Path) -> None:
    before = find_model(str(folder)).identity
    (folder / "README.md").write_text("A model, described at length.")
    assert find_model(str(folder)).identity == before


@pytest.mark.parametrize("name", ["./models/none", "/models/none", "~/models/none", "a/b/c"])
def test_a_folder_that_is_not_there_is_looked_for_nowhere_else(name: str) -> None:
    with pytest.raises(EmbedderError, match=rf"CROSSROADS_EMBEDDER={name}: there is no such folder"):
        find_model(name)


def test_a_model_with_safetensors_is_let_through(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"the same weights once more")
    (folder / "training_args.bin").write_bytes(b"never loaded")
    refuse_code_and_pickles("mine", folder)


def test_a_model_with_code_of_its_own_is_refused(folder: Path) -> None:
    (folder / "modules.json").write_text(json.dumps([{"type": "modeling_mine.Transformer"}]))
    with pytest.raises(EmbedderError, match=r"CROSSROADS_EMBEDDER=mine: .*modeling_mine\.Transformer.* never run"):
        refuse_code_and_pickles("mine", folder)


@pytest.mark.parametrize("place", [".", "2_Dense"])
def test_pickled_weights_are_refused_in_any_part_of_a_model(folder: Path, place: str) -> None:
    if place == ".":
        (folder / "model.safetensors").unlink()
    (folder / place).mkdir(exist_ok=True)
    (folder / place / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(EmbedderError, match=r"pytorch_model\.bin are pickled, .*safetensors"):
        refuse_code_and_pickles("mine", folder)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="CROSSROADS_EMBEDDER=mine: there are no safetensors weights"):
        refuse_code_and_pickles("mine", tmp_path)


@pytest.mark.parametrize("text", ["{", '["Transformer"]', '[{"name": "0"}]'])
def test_a_model_whose_parts_cannot_be_read_is_refused(folder: Path, text: str) -> None:
    (folder / "modules.json").write_text(text)
    with pytest.raises(EmbedderError, match=r"modules\.json cannot be read"):
        refuse_code_and_pickles("mine", folder)


class Hub:
    """Stands for the Hugging Face hub, which tests cannot reach: what is asked of it, and a cache it fills."""

    def __init__(self, cache: Path, files: tuple[str, ...] = ("model.safetensors", "config.json")) -> None:
        self.snapshot = cache / "snapshots" / REVISION
        self.files = files
        self.fetched: list[dict[str, Any]] = []
        (cache / "blobs").mkdir()

    def snapshot_download(self, repository: str, *, local_files_only: bool = False, **options: Any) -> str:
        if local_files_only:
            if not self.snapshot.is_dir():
                raise LocalEntryNotFoundError("It is not in the cache.")
        else:
            self.fetched.append({"repository": repository, **options})
            self.snapshot.mkdir(parents=True, exist_ok=True)
            for file in self.files:
                (self.snapshot / file).write_bytes(b"one")
        return str(self.snapshot)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    made = Hub(tmp_path)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", made.snapshot_download)
    return made


def test_a_model_of_the_hub_is_fetched_once_and_known_by_its_revision(hub: Hub) -> None:
    first, second = find_model("maker/model"), find_model("maker/model")
    assert first == second
    assert first.folder == hub.snapshot
    assert first.identity == "maker/model@0123456789ab"
    assert [asked["repository"] for asked in hub.fetched] == ["maker/model"]


def test_neither_pickles_nor_code_are_fetched(hub: Hub) -> None:
    find_model("maker/model")
    patterns = hub.fetched[0]["allow_patterns"]
    assert "*.safetensors" in patterns
    assert not any(pattern.endswith((".bin", ".py", ".pt", "*")) for pattern in patterns)


def test_a_name_without_its_maker_is_one_of_sentence_transformers(hub: Hub) -> None:
    assert find_model("some-model").identity == "some-model@0123456789ab"
    assert hub.fetched[0]["repository"] == "sentence-transformers/some-model"


def test_a_download_that_was_broken_off_is_taken_up(hub: Hub, tmp_path: Path) -> None:
    find_model("maker/model")
    (tmp_path / "blobs" / "abc.incomplete").write_bytes(b"half")
    find_model("maker/model")
    assert len(hub.fetched) == 2


def test_a_hub_that_does_not_answer_is_an_error_that_says_what_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> str:
        raise LocalEntryNotFoundError("There is no connection.")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    with pytest.raises(EmbedderError, match=r"CROSSROADS_EMBEDDER=maker/model: .*no connection.*Check the name"):
        find_model("maker/model")
