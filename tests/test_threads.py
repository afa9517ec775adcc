"""What is small, and each of several batches, is computed by as many threads as it was given."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from index import threads
from index.embedding import Embedder
from index.encoder import Encoder, Read

TEXTS = [f"{number} loaves. " * 60 for number in range(30)]


def elsewhere(count: Callable[[], int], begin: Callable[[], object] | None = None) -> int:
    """What a thread of its own counts."""
    with ThreadPoolExecutor(1, initializer=begin or (lambda: None)) as pool:
        return pool.submit(count).result()


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with three cores."""
    monkeypatch.setattr("index.threads.there", lambda: 3)


def test_a_thread_that_is_kept_to_some_keeps_no_other_to_them() -> None:
    before = torch.get_num_threads()
    assert elsewhere(torch.get_num_threads, partial(threads.keep_caller_to, 1)) == 1
    assert (torch.get_num_threads(), elsewhere(torch.get_num_threads)) == (before, before)


def test_how_many_there_are_is_told_even_to_who_may_use_one() -> None:
    there = threads.there()
    with threads.one_thread():
        assert (torch.get_num_threads(), threads.there()) == (1, there)


def blas() -> list[int]:
    """How many threads numpy's BLAS uses."""
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_those_who_leave_give_threads_back_only_when_nobody_is_within() -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        first, second = threads.one_thread(), threads.one_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert set(blas()) == {1}
        second.__exit__(None, None, None)
        assert set(blas()) == {2}


@pytest.mark.usefixtures("three")
def test_each_core_computes_a_batch_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    computing: set[tuple[int, int]] = set()
    together = threading.Barrier(3)
    read = Encoder.read

    def counted(self: Encoder, *given: object) -> list[Read]:
        if not computing:
            together.wait(10)
        computing.add((threading.get_ident(), torch.get_num_threads()))
        return read(self, *given)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(Encoder, "read", counted)
    Embedder(device="cpu").embed_passages(TEXTS)
    assert len(computing) == 3
    assert {count for _, count in computing} == {1}


def test_more_cores_than_batches_are_shared_out_among_these(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.threads.there", lambda: 17)
    embedder = Embedder(device="cpu")
    embedder.embed_query("bread")
    (encoder,) = embedder._encoders(1)  # what nobody else is told
    assert (encoder.at_once, encoder.threads) == (8, 2)
