"""The library as tools for MCP clients: `app.py --mcp` serves them at /mcp, by the extra `mcp`.

Gradio's own MCP server is not used: it wants an old pydantic and an old `mcp`, and calls its server by HTTP without
the password. Knows nothing of Gradio.
"""

import functools
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from starlette.routing import BaseRoute

from index.errors import CrossroadsError, SettingsError
from rag.ask import Rag
from ui.api import Library

PATH = "/mcp"
PURPOSE = (
    "A library of personal stories of people who changed careers. Ask it, search it, and read the stories; "
    "every citation names a story and the characters of its text."
)

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


def tools(rag: Rag) -> tuple[list[BaseRoute], Lifespan]:
    """What the server's app is given besides: the routes of the tools, and what has to run while it is up.

    Raises `SettingsError` where the extra is not installed.
    """
    try:
        from mcp.server.mcpserver import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp.server.transport_security import TransportSecuritySettings
    except ImportError as error:
        raise SettingsError('--mcp wants a package more: pip install -c constraints.txt -e ".[mcp]"') from error
    server = MCPServer("Crossroads", instructions=PURPOSE, log_level="WARNING")
    library = Library(rag)
    for function in (library.ask, library.search, library.story):
        server.tool(description=inspect.getdoc(function))(_telling(function, ToolError))
    names_are_checked = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # by security.py
    app = server.streamable_http_app(
        streamable_http_path=PATH, stateless_http=True, json_response=True, transport_security=names_are_checked
    )

    @asynccontextmanager
    async def running(_: Any) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    return list(app.routes), running


def _telling(function: Callable[..., Any], told: type[Exception]) -> Callable[..., Any]:
    """The function, its errors told in their own sentence."""

    @functools.wraps(function)
    def telling(*given: Any, **named: Any) -> Any:
        try:
            return function(*given, **named)
        except CrossroadsError as error:
            raise told(str(error)) from error

    return telling
