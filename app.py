"""The chat in a browser: `python app.py [--stories DIR] [--index DIR] [--llm provider:model] [--host H] [--port P]`.

Checks what it was given, builds the index if there is none yet, and serves the page, its API and, with `--mcp`, its
tools. A library in a Chroma server is never built here: others have it, and its stories may be elsewhere. Gradio and
the models are imported only once all that is settled, so that a mistake is told at once.
"""

import argparse
import errno
import gc
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import IndexMissingError, ServerError, SettingsError, StoreError
from index.folder import story_files
from index.garbage import seldom_collected
from index.layout import Layout
from index.opening import open_store
from index.processes import command, environment
from rag.command import given, run, setting_flags
from ui.access import Access, access
from ui.settings import PageSettings
from ui.stopping import Signals, end

if TYPE_CHECKING:
    from rag.ask import Rag

HOST, PORT = "127.0.0.1", 7860
EVERYWHERE = {"0.0.0.0": HOST, "::": "[::1]"}  # noqa: S104  # never served at unless asked for
"""Hosts that stand for all of a machine's addresses, each with the one that leads there from the machine itself."""
LARGEST_PORT = 65535
THREADS = 80
"""Visitors who can be answered at the same time; whoever comes on top of them waits."""
SWITCH_SECONDS = 0.0005
"""How long a thread computes before another may: a tenth of Python's own, so that words come while others search."""
GRACE_SECONDS = 5.0
"""How long a build that Ctrl+C stopped may take to end by itself."""
LARGEST_FILE = "5mb"
"""A larger one is no story (`index.stories.MAX_FILE_BYTES`)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped. Returns the exit code: 2 after an error that is told in one message."""
    options = _parser().parse_args(arguments)

    def command() -> int:
        settings = PageSettings.load(**given(options))
        allowed = access(settings, options.host, options.trusted_host, no_auth=options.no_auth)
        return start(settings, allowed, options.port, mcp=options.mcp)

    return run(command)


def start(settings: PageSettings, allowed: Access, port: int, *, mcp: bool = False) -> int:
    """Check what can be checked at once, build an index where there is none, and serve. Returns the build's exit code.

    A library in a Chroma server is waited for instead: built here, it would take the place of what others have.
    Raises `CrossroadsError`.
    """
    check_address(allowed.host, port)
    if settings.chroma_url:
        check_mirror(settings)
    else:
        next(story_files(settings.stories), None)
        if not open_store(settings).is_published() and (code := build_index(settings)):
            return code
    serve(settings, allowed, port, mcp=mcp)
    return 0


def check_address(host: str, port: int) -> None:
    """Raise `SettingsError` where nothing can be served at the address."""
    if not 0 < port <= LARGEST_PORT:
        raise SettingsError(f"--port {port}: there is no such port. Name one from 1024 to {LARGEST_PORT}.")
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise _address_error(host, port, error) from error


def check_mirror(settings: PageSettings) -> None:
    """Raise `StoreError` where nothing can be mirrored, `ServerError` where no server answers and nothing is here yet.

    What is wrong with the library itself others may mend: it is served as one that is not there yet.
    """
    layout = Layout(settings.index_folder)
    if not layout.pointer.exists():
        layout.refuse_foreign()
    try:
        open_store(settings).is_published()
    except ServerError:
        raise
    except StoreError:
        pass  # told to the log, and on the page, by whoever follows


def build_index(settings: PageSettings) -> int:
    """Run `python -m index build` for the same folders, its progress shown here; returns its exit code."""
    print(f"There is no index of {settings.stories} yet. Building it, once:", flush=True)
    build = command("index", "build", "--stories", str(settings.stories), "--index", str(settings.index_folder))
    process = subprocess.Popen(build, env=environment())  # noqa: S603  # our own command
    try:
        return process.wait()
    except KeyboardInterrupt:  # which it has heard too: it has a word to say
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
        raise
    finally:
        process.kill()


def serve(settings: PageSettings, allowed: Access, port: int, *, mcp: bool = False) -> None:
    """Serve the page until interrupted. The models are loaded meanwhile; the page says when they are ready."""
    signals = Signals()
    with tempfile.TemporaryDirectory(prefix="crossroads-", ignore_cleanup_errors=True) as uploads:
        _ask_nothing_outside(settings)
        os.environ["GRADIO_TEMP_DIR"] = uploads  # not the folder that all of Gradio on a machine share
        _serve(settings, allowed, port, signals, mcp=mcp)


def _serve(settings: PageSettings, allowed: Access, port: int, signals: Signals, *, mcp: bool) -> None:
    with seldom_collected():
        from rag.ask import open_rag
        from rag.upkeep import Upkeep
        from ui.page import HEAD, ICON, build_page
        from ui.security import middleware
        from ui.site import Site
        from ui.theme import theme
    gc.freeze()  # what was imported stays: nobody has to look at it again

    sys.setswitchinterval(SWITCH_SECONDS)
    rag = open_rag(settings, waits=False)
    whose = _whose(rag)
    app_kwargs: dict[str, Any] = {"middleware": middleware(allowed)}
    if mcp:
        from ui.tools import tools

        app_kwargs["routes"], app_kwargs["lifespan"] = tools(rag)
    upkeep = Upkeep(rag)
    page = build_page(Site(rag, settings, upkeep.ready, is_editable=allowed.is_editable))
    page.queue(api_open=False)
    try:
        page.launch(
            server_name=_in_address(allowed.host),
            server_port=port,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            theme=theme(),
            head=HEAD,
            favicon_path=ICON,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            mcp_server=False,
            max_threads=THREADS,
            max_file_size=LARGEST_FILE,
            app_kwargs=app_kwargs,
        )
    except OSError as error:
        raise _address_error(allowed.host, port, error) from error
    try:
        if not signals.have_come:
            upkeep.begin()
            _tell(allowed, port, whose)
        signals.wait()
    finally:
        page.close(verbose=False)


def _tell(allowed: Access, port: int, whose: str) -> None:
    """Say where it is served, and to whom."""
    if allowed.is_open:
        print("Whoever can reach this machine can use the chat: it asks for no password.", file=sys.stderr)
    besides = ", and at this machine's other addresses" if allowed.host in EVERYWHERE else ""
    at = f"http://{EVERYWHERE.get(allowed.host, _in_address(allowed.host))}:{port}{besides}"
    print(f"Crossroads answers from {whose} at {at} (Ctrl+C stops it)", flush=True)


def _in_address(host: str) -> str:
    """A host as it stands in an address."""
    return f"[{host}]" if ":" in host else host


def _whose(rag: "Rag") -> str:
    """Whose words the answers are made of, for the terminal. Raises `CrossroadsError`."""
    try:
        return f"{len(rag.generation().story_ids)} stories"
    except IndexMissingError:  # a mirror of a server may have to fetch it first
        return "a library that is fetched as soon as there is one,"


def _ask_nothing_outside(settings: PageSettings) -> None:
    """Keep the libraries from calling home; a model of the Hugging Face hub may still be fetched if one was set."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["MPLBACKEND"] = "agg"  # else Gradio has matplotlib look for a screen, with the first question
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    models = (settings.embedder, settings.reranker, settings.grounder)
    from_hub = any(name and not Path(name).is_dir() for name in models)
    if not from_hub and not settings.llm.startswith("huggingface:"):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")


def _address_error(host: str, port: int, error: OSError) -> SettingsError:
    if isinstance(error, socket.gaierror):
        return SettingsError(f"--host {host}: there is no such host. Use 127.0.0.1, or an address of this machine.")
    if error.errno == errno.EADDRINUSE:
        return SettingsError(
            f"--port {port}: it is in use on {host}. Stop what uses it, or choose another with --port."
        )
    return SettingsError(
        f"--host {host} --port {port}: nothing can be served there ({error.strerror}). Choose another."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python app.py",
        description="Serve the Crossroads chat to a browser.",
        parents=[setting_flags("stories", "index", "llm")],
    )
    parser.add_argument("--host", default=HOST, help=f"address to serve at ({HOST}: this machine alone)")
    parser.add_argument("--port", type=int, default=PORT, help=f"port to serve at ({PORT})")
    parser.add_argument(
        "--no-auth",
        action="store_true",
        help="let everybody in, where others than this machine can reach it; unset, that wants CROSSROADS_USER and "
        "CROSSROADS_PASSWORD",
    )
    parser.add_argument(
        "--trusted-host",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="names that are answered to, besides this machine's own: what stands in the browser's address bar",
    )
    parser.add_argument("--mcp", action="store_true", help="serve ask, search and story as MCP tools too, at /mcp")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # a build that it waits for ends with it
    end(main())
