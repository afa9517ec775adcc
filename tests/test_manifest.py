"""A manifest says what was run, and nothing that should not be passed on."""

import json
from pathlib import Path

from eval.manifest import manifest_of
from eval.reading import read_set
from index.settings import Settings
from tests.chatbots import POINTER


class SecretSettings(Settings):
    llm_base_url: str = "https://me:hush@host:8000/v1?api_key=hush"
    service_key: str = "hush"
    llm_max_tokens: int = 700


def test_a_manifest_says_what_was_run_and_keeps_secrets_out(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text('{"id": "c1", "type": "single", "question": "how long?", "answerable": true}')
    found = manifest_of([read_set(file)], SecretSettings.load(), POINTER, "scripted")
    assert "hush" not in json.dumps(found)
    assert found["settings"]["llm_base_url"] == "https://host:8000/v1"
    assert found["settings"]["llm_max_tokens"] == 700
    assert found["sets"][0]["sha256"] == read_set(file).sha256
    assert found["index"]["fingerprint"] == {"embedder": "none"}
    assert found["versions"]["chromadb"]
