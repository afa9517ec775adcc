"""The API from outside: the documented commands work as they are written, nothing else has a name, nothing leaks.

One app over the starter library without a password, as the documentation has it, and one with everything: another
address, a password, MCP tools.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from tests.apps import ROOT, served
from tests.library import write_library

GUIDE = (ROOT / "docs" / "api.md").read_text("utf-8")
WRITTEN = "http://127.0.0.1:7860"
"""The address in the documentation."""
ANNA = ("anna", "open sesame")


def snippets(kind: str) -> list[str]:
    """The commands of one kind in the guide."""
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on every address, with a password and with tools, over the made-up library."""
    folder = tmp_path_factory.mktemp("guarded")
    settings = {"CROSSROADS_USER": ANNA[0], "CROSSROADS_PASSWORD": ANNA[1]}
    with served(folder, write_library(folder / "stories"), "--host", "0.0.0.0", "--mcp", **settings) as found:  # noqa: S104  # that is the case
        yield found


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False, analytics_enabled=False)


def test_the_documented_python_runs(address: str) -> None:
    of_clients = [code for code in snippets("python") if "crossroads." in code]  # the others need no server
    code = "\n".join(of_clients).replace(WRITTEN, address)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 The nurse who learned to code says: " in done.stdout
    assert "characters and that is all" in done.stdout
    assert "→" in done.stdout


@pytest.mark.parametrize("code", [code for code in snippets("sh") if "-u " not in code])
def test_the_documented_commands_run(address: str, code: str) -> None:
    shown = shell(code.replace(WRITTEN, address))
    assert "event: complete" in shown or '"named_endpoints"' in shown


def test_the_documented_command_with_a_password_runs(guarded: str) -> None:
    (code,) = [code for code in snippets("sh") if "-u " in code]
    variables = f"CROSSROADS_USER='{ANNA[0]}' CROSSROADS_PASSWORD='{ANNA[1]}'\n"
    assert '"/ask"' in shell(variables + code.replace(WRITTEN, guarded))


def shell(code: str) -> str:
    """What some commands print."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed. Install it with `apt-get install curl`.")
    done = subprocess.run(["sh", "-euc", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_three_endpoints_have_names_and_types(address: str) -> None:
    info = httpx.get(f"{address}/gradio_api/info").json()
    assert set(info["named_endpoints"]) == {"/ask", "/search", "/story"}
    assert info["unnamed_endpoints"] == {}
    for endpoint in info["named_endpoints"].values():
        assert endpoint["description"]
        (given,) = endpoint["returns"]
        assert given["type"]["required"], "typed, not just any object"
    names = [item["parameter_name"] for item in info["named_endpoints"]["/ask"]["parameters"]]
    assert names == ["question", "history", "filters"]


def test_every_field_of_an_answer_is_documented(client: Client) -> None:
    answer = client.predict("How did the nurse learn to program?", api_name="/ask")
    assert [field for field in answer if f"`{field}`" not in GUIDE] == []
    assert answer["finished"]
    assert answer["citations"]
    for citation in answer["citations"]:
        told = client.predict(citation["story"], api_name="/story")
        assert told["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert f"[{citation['number']}]" in answer["answer"]
    assert {one["support"]["verdict"] for one in answer["sentences"] if one["support"]} <= {
        "supported",
        "partly",
        "unsupported",
    }


def test_an_answer_grows(client: Client) -> None:
    pieces = list(client.submit(question="What do people say about bootcamps?", api_name="/ask"))
    lengths = [len(piece["answer"]) for piece in pieces]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]
    assert [piece["finished"] for piece in pieces[:-2]] == [False] * (len(pieces) - 2)


def test_a_follow_up_leans_on_its_history(client: Client) -> None:
    history = [
        {"role": "user", "content": "How did the nurse become a software engineer?"},
        {"role": "assistant", "content": "By learning at night."},
    ]
    answer = client.predict("Which book taught him to program?", history, api_name="/ask")
    assert {citation["story"] for citation in answer["citations"]} == {"nurse-to-software-engineer.md"}


def test_filters_hold(client: Client) -> None:
    only = {"from": ["nurse"]}
    found = client.predict("learn to program", 20, only, api_name="/search")
    assert {passage["story"] for passage in found["passages"]} == {"nurse-to-software-engineer.md"}
    assert client.predict("How long?", None, {"from": ["astronaut"]}, api_name="/ask")["refused"]


def test_a_refusal_says_why_and_what_is_near(client: Client) -> None:
    answer = client.predict("How did the airline pilot learn to program?", api_name="/ask")
    assert answer["refused"]
    assert "airline pilot" in answer["reason"]
    assert answer["nearest"]
    assert answer["citations"] == []


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"question": " ", "api_name": "/ask"}, "The question is empty"),
        ({"question": "why " * 2000, "api_name": "/ask"}, "Shorten it"),
        ({"question": 7, "api_name": "/ask"}, "question: "),
        ({"question": "How?", "filters": {"form": ["nurse"]}, "api_name": "/ask"}, "filters.form: "),
        (
            {"question": "How?", "filters": {"years": [1, 2, 3]}, "api_name": "/ask"},
            "filters.years: List should have at",
        ),
        ({"question": "How?", "filters": {"from": ["nurse " * 50]}, "api_name": "/ask"}, "at most 120 characters"),
        ({"question": "How?", "filters": {"tags": ["x"] * 21}, "api_name": "/ask"}, "at most 20 items"),
        ({"question": "How?", "filters": {"years": [2019, 2015]}, "api_name": "/ask"}, "end first"),
        ({"question": "How?", "filters": {"tags": ["!"]}, "api_name": "/ask"}, "has no word in it"),
        ({"question": "How?", "history": [{"role": "system", "content": "x"}], "api_name": "/ask"}, "history.0.role: "),
        ({"words": "", "api_name": "/search"}, "Say what to look for"),
        ({"words": "x", "count": 51, "api_name": "/search"}, "count: "),
        ({"words": "x", "count": 0, "api_name": "/search"}, "count: "),
        ({"words": "x", "filters": {"from": ["astronaut"]}, "api_name": "/search"}, "astronaut"),
        ({"story": "../../etc/passwd", "api_name": "/story"}, "no such story"),
        ({"story": "", "api_name": "/story"}, "no such story"),
        ({"story": ["a"], "api_name": "/story"}, "story: "),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_what_cannot_be_answered_is_told_in_a_sentence(client: Client, named: dict[str, Any], said: str) -> None:
    with pytest.raises(AppError) as told:
        client.predict(**named)
    assert said in str(told.value)
    assert "Traceback" not in str(told.value)
    assert "site-packages" not in str(told.value)


@pytest.mark.parametrize("name", ["ask", "search", "story"])
def test_there_is_no_way_round_the_queue(address: str, name: str) -> None:
    response = httpx.post(f"{address}/gradio_api/run/{name}", json={"data": ["x", None, None]})
    assert response.status_code >= 400
    assert "Traceback" not in response.text


MALFORMED = (b"{", b"[]", b'{"data": 7}', b'{"data": [{}, 7, 8]}', b'{"question": {}}', b'{"story": {}}', b"\xff")
TAKEN = 3
"""Of these calls are taken, and fail in the stream of events alone."""


def test_malformed_calls_show_no_traceback(address: str) -> None:
    outcomes = []
    for path in ("call/v2/ask", "call/ask", "queue/join", "call/v2/nothing", "component_server", "call/v2/story"):
        for body in MALFORMED:
            response = httpx.post(
                f"{address}/gradio_api/{path}", content=body, headers={"content-type": "application/json"}
            )
            outcomes.append(outcome(address, path, response))
            for told in (response.text, outcomes[-1]):
                assert "Traceback" not in told
                assert "site-packages" not in told
    assert sum("event: error" in told for told in outcomes) == TAKEN


def outcome(address: str, path: str, response: httpx.Response) -> str:
    """What the stream of events tells of a call that was taken; "" where it was not."""
    event = response.json().get("event_id") if response.is_success else None
    return httpx.get(f"{address}/gradio_api/{path}/{event}", timeout=60).text if event else ""


@pytest.mark.parametrize(
    "path", ["", "config", "gradio_api/info", "gradio_api/upload", "mcp", "gradio_api/call/v2/ask"]
)
def test_nothing_is_served_without_the_password(guarded: str, path: str) -> None:
    for response in (httpx.get(f"{guarded}/{path}"), httpx.post(f"{guarded}/{path}")):
        assert response.status_code == 401


def test_a_client_signs_in(guarded: str) -> None:
    client = Client(guarded, auth=ANNA, verbose=False, analytics_enabled=False)
    assert client.predict("bakery", api_name="/search")["passages"]
    with pytest.raises(ValueError, match="Could not login"):
        Client(guarded, auth=("anna", "wrong"), verbose=False, analytics_enabled=False)


def test_the_same_three_are_tools(guarded: str) -> None:
    listed = called(guarded, "tools/list")["tools"]
    assert {tool["name"] for tool in listed} == {"ask", "search", "story"}
    for tool in listed:
        assert tool["description"]
        assert tool["outputSchema"]["required"]
    found = called(guarded, "tools/call", name="search", arguments={"words": "bakery", "count": 1})
    passage = found["structuredContent"]["passages"][0]
    told = called(guarded, "tools/call", name="story", arguments={"story": passage["story"]})["structuredContent"]
    assert told["text"][passage["start"] : passage["end"]] == passage["text"]
    answer = called(guarded, "tools/call", name="ask", arguments={"question": "How did the baker change?"})
    assert answer["structuredContent"]["finished"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": "story", "arguments": {"story": "nope"}}, "no such story"),
        ({"name": "ask", "arguments": {}}, "question"),
    ],
    ids=["unknown story", "no question"],
)
def test_a_tool_tells_what_is_wrong(guarded: str, arguments: dict[str, Any], said: str) -> None:
    result = called(guarded, "tools/call", **arguments)
    assert result["isError"]
    assert said in result["content"][0]["text"]
    assert "Traceback" not in result["content"][0]["text"]


def called(address: str, method: str, **parameters: Any) -> dict[str, Any]:
    """The result of a call to the tools."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    headers = {"accept": "application/json, text/event-stream"}
    response = httpx.post(f"{address}/mcp", json=body, headers=headers, auth=ANNA, timeout=60)
    result: dict[str, Any] = response.raise_for_status().json()["result"]
    return result
