"""What goes wrong with a Chroma server: which faults pass, and how each is told, in words of our own.

What stands before a server, a proxy say, may repeat what it was sent, a token included: so its words are in no error.
"""

import httpx

PATIENCE = httpx.Timeout(30.0, connect=5.0)
"""Seconds to wait for an answer, and for a connection. A server that deletes a shard may let others wait for ten."""
REFUSED = (401, 403, 407)
FAILED = 500
"""This status and those above it: the server, or what stands before it, failed."""
TOLD_LENGTH = 200
# Characters of the server's own words that an error repeats.
MISSING = (
    "the Chroma server has no such tenant, database or collection (any more). Are the settings right, was it emptied, "
    "or was something newer published meanwhile?"
)


class StatusError(Exception):
    """An answer of the server that its status says all about; its body may be a proxy's, and is not looked at."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def look_at(response: httpx.Response) -> None:
    """Raise by the status wherever that says enough, so that what stands in the body gets into no error."""
    is_chromas = "json" in response.headers.get("content-type", "")
    says_enough = response.status_code >= FAILED or response.status_code in {*REFUSED, 409, 413, 429}
    if says_enough or response.is_redirect or (response.is_error and not is_chromas):
        raise StatusError(response.status_code)


def is_missing(error: BaseException) -> bool:
    """Whether what was to be worked on is not there."""
    from chromadb.errors import NotFoundError

    return isinstance(error, NotFoundError)


def is_passing(error: BaseException) -> bool:
    """Whether to try again: the way to the server failed, or it said that it could not just now."""
    is_busy = isinstance(error, StatusError) and (error.status >= FAILED or error.status == 429)  # noqa: PLR2004
    return isinstance(error, httpx.TransportError) or is_busy


def told(error: Exception, token: str) -> str:  # noqa: PLR0911  # a sentence for each kind of fault
    """What went wrong, in words of our own: those of what stands before a server may hold a header."""
    from chromadb.errors import ChromaAuthError, ChromaError

    status = error.status if isinstance(error, StatusError) else 0
    if isinstance(error, httpx.TimeoutException):
        return f"the Chroma server did not answer within {PATIENCE.read:.0f} s. Is it overloaded? Try again later."
    if isinstance(error, httpx.TransportError):
        return (
            f"the Chroma server cannot be reached, or hung up ({type(error).__name__}). Is it running, and is "
            "CROSSROADS_CHROMA_URL right?"
        )
    if isinstance(error, ChromaAuthError) or status in REFUSED:
        return "the Chroma server turned us away. Is CROSSROADS_CHROMA_TOKEN right, and may it read and write there?"
    if status in {429, 502, 503, 504}:
        return f"the Chroma server can take no requests just now (status {status}). Try again later."
    if status == 413:  # noqa: PLR2004  # what is sent is too much
        return "what stands before the Chroma server takes no requests of 10 MB. Raise its limit."
    if isinstance(error, ChromaError):
        said = " ".join(str(error).split())
        return f"the Chroma server refused: {(said.replace(token, '…') if token else said)[:TOLD_LENGTH]}"
    named = f"status {status}" if status else type(error).__name__
    return f"the Chroma server failed, or it is none ({named}). Its own log may say why."
