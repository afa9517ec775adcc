"""Files through the API: none can be read, and what is uploaded lands in a folder of the server's own or is refused."""

from pathlib import Path

import httpx
import pytest

from tests.apps import ROOT

FILES = (
    "/etc/passwd",
    "/proc/self/environ",
    str(ROOT / "app.py"),
    str(ROOT / "stories" / "nurse-to-software-engineer.md"),
    str(ROOT / "ui" / "page.py"),
    "app.py",
    ".env",
    "app.log",
    "index/CURRENT",
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2fetc%2fpasswd",
    "/tmp/gradio",  # noqa: S108  # where other Gradios of this machine keep theirs
    "/dev/stdin",
    "http://127.0.0.1:1/",
    "file:///etc/passwd",
)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("door", ["gradio_api/file=", "file=", "gradio_api/file/", "static/", "assets/", "svelte/"])
def test_no_file_can_be_read(address: str, door: str, file: str) -> None:
    response = httpx.get(f"{address}/{door}{file}", follow_redirects=False)
    assert response.status_code in {307, 400, 403, 404, 405}, response.text[:200]
    assert "root:" not in response.text


@pytest.mark.parametrize(
    "name", ["a.md", "../../../../tmp/escaped.md", "/etc/escaped", "..\\..\\escaped.md", "a\x00b.md"]
)
def test_what_is_uploaded_lands_in_a_folder_of_this_servers_own(address: str, name: str) -> None:
    response = httpx.post(f"{address}/gradio_api/upload", files={"files": (name, b"I was a cook.")})
    (kept,) = response.raise_for_status().json()
    landed = Path(kept).resolve()
    assert any(folder.name.startswith("crossroads-") for folder in landed.parents)
    assert landed.read_bytes() == b"I was a cook."


def test_an_upload_that_is_too_large_is_refused(address: str) -> None:
    response = httpx.post(f"{address}/gradio_api/upload", files={"files": ("a.md", bytes(6_000_000))})
    assert response.status_code == 413
