"""Which addresses are asked for a page, and which never are: redirects, lying resolvers, deadlines, certificates."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from index.errors import StoriesError
from index.intake.fetch import Network, fetch, resolve
from index.intake.response import Limits
from tests.web import PUBLIC, STORY, World, raw, redirect, refused, reply, web


@pytest.fixture
def world() -> Iterator[World]:
    with web() as running:
        yield running


def test_a_page_comes_with_its_address_a_name_its_bytes_and_its_type(world: World) -> None:
    world.serve("/my-story?x=1", reply())
    page = fetch("http://Stories.Example/my-story?x=1#end", network=world.network)
    assert page.url == "http://stories.example/my-story?x=1"
    assert (page.name, page.data, page.content_type) == ("my-story.html", STORY, "text/html")


def test_the_connection_goes_to_the_address_that_was_checked(world: World) -> None:
    world.serve("/", reply())
    world.names["stories.example"] = [["8.8.8.8", PUBLIC]]
    fetch("http://stories.example/", network=world.network)
    assert world.resolved == ["stories.example"]
    assert world.dialed == [("8.8.8.8", 80)]


def test_a_name_that_is_answered_otherwise_the_second_time_gains_nothing(world: World) -> None:
    world.serve("/", reply())
    world.names["rebinding.example"] = [[PUBLIC], ["127.0.0.1"]]
    fetch("http://rebinding.example/", network=world.network)
    assert world.dialed == [(PUBLIC, 80)]
    refused(world, "http://rebinding.example/", "private or reserved")
    assert world.dialed == [(PUBLIC, 80)]


def test_a_name_is_checked_anew_at_every_redirect(world: World) -> None:
    world.serve("/", redirect("/again"))
    world.names["rebinding.example"] = [[PUBLIC], ["169.254.169.254"]]
    refused(world, "http://rebinding.example/", "private or reserved")
    assert world.asked == ["/"]


def test_a_second_address_is_tried_where_the_first_is_out_of_reach(world: World) -> None:
    world.serve("/", reply())
    world.names["stories.example"] = [["2606:4700::1", PUBLIC]]
    world.unreachable = ("2606:4700::1",)
    assert fetch("http://stories.example/", network=world.network).data == STORY
    assert world.dialed == [("2606:4700::1", 80), (PUBLIC, 80)]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fe80::1%eth0"])
def test_a_name_with_one_private_address_is_refused(world: World, address: str) -> None:
    world.names["mixed.example"] = [[PUBLIC, address]]
    message = refused(world, "http://mixed.example/", "mixed.example.*private or reserved.*Save the page as a file")
    assert address not in message, "the names of a private network are not told to strangers"
    assert world.dialed == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[fe80::1%25eth0]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1%2f@stories.example/",
        "http://%6c%6f%63alhost/",
        "http://①②⑦.0.0.1/",
        "http://user:secret@stories.example/",
        "http://stories.example:8000/",
        "http://stories.example:22/",
        "https://stories.example:99999/",
        "http:///nowhere",
        "http://[::1",
        "http://a b.example/",
        "http://stories.example/\r\nHost: other.example",
        "ftp://stories.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,hello",
        "//stories.example/",
        "stories.example",
        "",
    ],
)
def test_what_is_no_plain_public_web_address_is_never_asked(world: World, url: str) -> None:
    world.names = {"127.0.0.1": [["127.0.0.1"]], "169.254.169.254": [["169.254.169.254"]]}
    world.names |= {host: [[host]] for host in ("::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::a9fe:a9fe")}
    message = refused(world, url, r".*\.$")
    assert "secret" not in message
    assert world.dialed == []


@given(
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.sampled_from(["", "http://", "https://", "http://[", "http://a.example/", "http://a@"]),
)
def test_any_text_for_an_address_is_a_page_or_a_stories_error(text: str, beginning: str) -> None:
    def nobody(_host: str) -> Sequence[str]:
        raise OSError("unknown")

    with pytest.raises(StoriesError):
        fetch(beginning + text, network=Network(nobody))


def test_the_systems_own_resolver_finds_this_machine_and_it_is_refused() -> None:
    assert {"127.0.0.1", "::1"} & set(resolve("localhost"))
    with pytest.raises(StoriesError, match="private or reserved"):
        fetch("http://localhost/")


@pytest.mark.parametrize("host", ["xn--", "xn--a", "BÜCHER.example", "パン.example", "under_score.example"])
def test_names_beyond_ascii_are_asked_for_as_the_net_writes_them(world: World, host: str) -> None:
    world.serve("/", reply())
    fetch(f"http://{host}/", network=world.network)
    (resolved,) = world.resolved
    assert resolved.isascii()
    assert resolved == resolved.lower()


def test_an_unknown_name_says_so(world: World) -> None:
    def nobody(_host: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(StoriesError, match=r"http://nowhere.example/: .*nowhere.example is not known.*Check"):
        fetch("http://nowhere.example/", network=Network(nobody, world))


def test_a_resolver_that_does_not_answer_is_not_waited_for() -> None:
    asked, over = threading.Event(), threading.Event()

    def slow(_host: str) -> Sequence[str]:
        asked.set()
        over.wait(30)
        return [PUBLIC]

    began = time.monotonic()
    with pytest.raises(StoriesError, match=r"within 0.2 seconds"):
        fetch("http://stories.example/", Limits(seconds=0.2), Network(slow))
    over.set()
    assert asked.is_set()
    assert time.monotonic() - began < 10


def test_redirects_are_followed_and_the_last_address_is_told(world: World) -> None:
    world.server.replies |= {"/a": redirect("http://other.example/b", 301), "/b": redirect("c?d", 308), "/c?d": reply()}
    page = fetch("http://stories.example/a", network=world.network)
    assert page.url == "http://other.example/c?d"
    assert world.resolved == ["stories.example", "other.example", "other.example"]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/secret",
        "http://[::ffff:127.0.0.1]/secret",
        "http://2130706433/secret",
        "http://169.254.169.254/secret",
        "http://intern.example/secret",
        "http://user@stories.example/secret",
        "http://stories.example:8080/secret",
        "//127.0.0.1/secret",
        "file:///secret",
        "gopher://stories.example/secret",
        "",
    ],
)
def test_a_redirect_to_anything_else_than_a_public_page_is_refused(world: World, target: str) -> None:
    world.server.replies |= {"/": redirect(target), "/secret": reply(b"secret")}
    hidden = ("127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254")
    world.names = {host: [[host]] for host in hidden} | {"intern.example": [["10.0.0.5"]]}
    refused(world, "http://stories.example/", r".*\.$")
    assert world.asked == ["/"]
    assert world.dialed == [(PUBLIC, 80)]


def test_redirects_in_a_circle_end(world: World) -> None:
    world.server.replies |= {"/a": redirect("/b"), "/b": redirect("/a")}
    refused(world, "http://stories.example/a", "redirects more than 5 times")
    assert len(world.asked) == 6


def test_a_page_that_drips_is_given_up_at_the_deadline(world: World) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\n"
    world.serve("/", raw(head, *[b"x"] * 100, pause=0.05))
    began = time.monotonic()
    refused(world, "http://stories.example/", "did not arrive within 0.5 seconds", Limits(seconds=0.5))
    assert time.monotonic() - began < 4


def test_headers_that_drip_are_given_up_at_the_deadline(world: World) -> None:
    world.serve("/", raw(b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 100, pause=0.05))
    began = time.monotonic()
    refused(world, "http://stories.example/", "did not arrive within 0.5 seconds", Limits(seconds=0.5))
    assert time.monotonic() - began < 4


def test_redirects_share_one_deadline(world: World) -> None:
    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        redirect("/")(handler)

    world.serve("/", slowly)
    refused(world, "http://stories.example/", "did not arrive within 0.5 seconds", Limits(seconds=0.5, redirects=99))
    assert len(world.asked) <= 3


def test_a_connection_that_breaks_off_says_so(world: World) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\nI baked"
    world.server.replies |= {"/early": raw(head), "/nothing": raw(), "/nonsense": raw(b"SSH-2.0-OpenSSH\r\n\r\n")}
    for path in world.server.replies:
        refused(world, f"http://stories.example{path}", f"http://stories.example{path}: the page cannot be had")


def test_a_closed_port_says_so(world: World) -> None:
    world.unreachable = (PUBLIC,)
    refused(world, "http://stories.example/", r"the page cannot be had \(no route\)\. Check the address")


def test_proxies_netrc_and_cookies_play_no_part(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    (tmp_path / "netrc").write_text("machine stories.example login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    world.server.replies |= {
        "/a": reply(b"", status=302, headers={"Location": "/b", "Set-Cookie": "a=b"}),
        "/b": reply(),
    }
    assert fetch("http://stories.example/a", network=world.network).data == STORY
    for _, headers in world.server.requests:
        assert not {"Cookie", "Authorization"} & set(headers)
        assert headers["Host"] == "stories.example"
        assert headers["User-Agent"].startswith("Crossroads")


def test_a_certificate_is_checked_for_the_name_though_the_address_is_dialed(world: World) -> None:
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("stories.example").configure_cert(theirs)
    authority.configure_trust(ours)
    world.server.socket = theirs.wrap_socket(world.server.socket, server_side=True)
    world.serve("/", reply())
    network = Network(world.resolve, world, lambda: ours)
    assert fetch("https://stories.example./", network=network).data == STORY
    assert world.dialed == [(PUBLIC, 443)]
    with pytest.raises(StoriesError, match=r"https://other.example/: the page cannot be had .*[Hh]ostname mismatch"):
        fetch("https://other.example/", network=network)
    refused(world, "https://stories.example/", "certificate verify failed")
    assert world.asked == ["/"]
