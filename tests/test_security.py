"""ui.security: every response carries the policy, and only this machine's names are answered to."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ui.security import HEADERS, middleware


def response(bound_to: str, asked_for: str) -> tuple[int, dict[str, str]]:
    """Status and headers of a GET with this Host header, from an app that is bound to a host."""
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("hello"))], middleware=list(middleware(bound_to)))
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", asked_for.encode())]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize("name", ["127.0.0.1:7860", "localhost:7860", "localhost"])
def test_this_machine_is_answered(name: str) -> None:
    status, headers = response("127.0.0.1", name)
    assert status == 200
    assert headers.items() >= HEADERS.items()


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "evil.example:7860", ""])
def test_another_name_for_this_machine_is_turned_away(name: str) -> None:
    status, headers = response("127.0.0.1", name)
    assert status == 400
    assert headers.items() >= HEADERS.items()


def test_bound_to_the_network_it_answers_to_any_name() -> None:
    assert response("0.0.0.0", "chat.example")[0] == 200  # noqa: S104  # that is the case in question


@pytest.mark.parametrize(
    ("directive", "sources"),
    [("default-src", "'self'"), ("img-src", "'self' data: blob:"), ("form-action", "'none'"), ("object-src", "'none'")],
)
def test_the_policy_keeps_the_page_from_loading_what_is_not_ours(directive: str, sources: str) -> None:
    assert f"{directive} {sources}" in HEADERS["content-security-policy"].split("; ")
