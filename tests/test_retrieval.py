"""Filters go the whole way, from a question to the passages; and the search serves others as LangChain's retriever."""

import asyncio
import re
from pathlib import Path

import pytest

from index.embedding import Embedder
from index.errors import FilterError, ServerError
from index.filters import Filters
from index.generation import Generation
from index.live import LiveIndex
from index.query import Sought
from index.rebuild import rebuild
from index.search import Hit
from rag.answerers import QuotingAnswerer
from rag.ask import Rag
from rag.langchain_retriever import StoryRetriever
from rag.question import understand
from rag.retrieval import DEEPER, retrieve
from tests.chroma_server import Library

ROOT = Path(__file__).parent.parent
QUESTION = "How much did the baker pay for the bootcamp?"
LAWYER = Filters(origins=("lawyer",))


def stories_of(hits: tuple[Hit, ...] | list[Hit]) -> set[str]:
    return {hit.story.id for hit in hits}


@pytest.mark.parametrize("question", [QUESTION, "What do people say about courses?"], ids=["of one", "of many"])
def test_only_the_stories_that_filters_leave_are_found(built: LiveIndex, question: str) -> None:
    filters = Filters(origins=("lawyer", "welder"))
    hits = retrieve(built, understand(question), built.generation(), filters=filters)
    assert stories_of(hits) == {"lawyer.md", "welder.md"}


def test_fewer_are_found_where_only_one_persons_story_may_answer(built: LiveIndex) -> None:
    hits = retrieve(built, understand(QUESTION), built.generation())
    assert stories_of(hits) == {"baker.md"}
    everybody = retrieve(built, understand("What does a bootcamp cost?"), built.generation())
    assert stories_of(hits) < stories_of(everybody)


def test_more_hits_are_looked_at_for_other_stories_and_for_the_persons_own(
    built: LiveIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []

    def search(_index: LiveIndex, _sought: Sought, count: int, _generation: Generation) -> list[Hit]:
        looked_at.append(count)
        return []

    monkeypatch.setattr(LiveIndex, "search", search)
    for asked in ("How long does it take?", "What helped most people?", "What did the nurse pay?", "the recruiter?"):
        retrieve(built, understand(asked), built.generation(), 4)
    assert looked_at == [4, 4 * DEEPER, 4 * DEEPER, 4 * DEEPER]


def test_an_answer_rests_on_the_stories_that_filters_leave(built: LiveIndex) -> None:
    rag = Rag(built, QuotingAnswerer())
    everyone, some = rag.ask("What do people say about courses?"), Filters(tags=("bootcamp",))
    answer = rag.ask("What do people say about courses?", filters=some)
    assert stories_of(answer.hits) == {"baker.md"} < stories_of(everyone.hits)
    assert {citation.story.id for citation in answer.citations} == {"baker.md"}


def test_filters_that_leave_nothing_are_refused_with_what_there_is(built: LiveIndex) -> None:
    [answer] = Rag(built, QuotingAnswerer()).stream(QUESTION, filters=Filters(tags=("bootcamps of steel",)))
    assert (answer.refused, answer.finished, answer.hits, answer.citations) == (True, True, (), ())
    assert answer.reason == "No story here has tag “bootcamps of steel”. Nearest tags: “bootcamp”."
    assert answer.text == answer.reason
    assert answer.seconds["total"] > 0


def test_a_document_is_a_passage_with_its_place_title_and_score(built: LiveIndex) -> None:
    documents = StoryRetriever(index=built, count=2).invoke(QUESTION)
    hits = retrieve(built, understand(QUESTION), built.generation(), 2)
    assert len(documents) == 2
    for document, hit in zip(documents, hits, strict=True):
        assert document.id == hit.passage.id
        assert document.page_content == hit.passage.text
        assert document.metadata == {
            "story": hit.story.id,
            "title": hit.story.title,
            "start": hit.passage.start,
            "end": hit.passage.end,
            "score": hit.score,
        }
    place = documents[0].metadata
    assert built.generation().story(place["story"]).text[place["start"] : place["end"]] == documents[0].page_content


def test_a_retriever_can_be_awaited_and_filtered(built: LiveIndex) -> None:
    retriever = StoryRetriever(index=built, filters=LAWYER)
    documents = asyncio.run(retriever.ainvoke(QUESTION))
    assert {document.metadata["story"] for document in documents} == {"lawyer.md"}
    assert documents == retriever.invoke(QUESTION)


def test_a_retriever_follows_what_other_computers_publish_and_answers_while_the_server_is_away(
    library: Library, embedder: Embedder, stories_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = library.mirror("builder")
    rebuild(stories_folder, builder, embedder)
    index = LiveIndex(library.mirror("mirror"), embedder)
    retriever = StoryRetriever(index=index, count=1)
    asked = "How did the beekeeper become a cartographer?"
    assert retriever.invoke(asked)[0].metadata["story"] != "beekeeper.md"
    (stories_folder / "beekeeper.md").write_text("# Maps\n\nI kept bees until I became a cartographer in Lugo.\n")
    rebuild(stories_folder, builder, embedder)
    assert retriever.invoke(asked)[0].metadata["story"] != "beekeeper.md"
    monkeypatch.setattr("rag.langchain_retriever.FOLLOW_SECONDS", 0.0)
    assert retriever.invoke(asked)[0].metadata["story"] == "beekeeper.md"

    def away() -> None:
        raise ServerError("The server is away.")

    monkeypatch.setattr(index.store, "refresh", away)
    assert retriever.invoke(asked)[0].metadata["story"] == "beekeeper.md"


def test_a_retriever_whose_filters_leave_nothing_says_so(built: LiveIndex) -> None:
    with pytest.raises(FilterError, match="No story here starts from “pilot”"):
        StoryRetriever(index=built, filters=Filters(origins=("pilot",))).invoke(QUESTION)


def test_what_the_docs_show_runs(
    built: LiveIndex, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CROSSROADS_INDEX", str(built.store.folder))
    monkeypatch.setenv("CROSSROADS_DEVICE", "cpu")
    section = (ROOT / "docs" / "api.md").read_text("utf-8").partition("## As a LangChain retriever")[2]
    exec(re.findall(r"```python\n(.*?)```", section, re.DOTALL)[0], {})  # noqa: S102  # the page's own words
    assert "From bread to back end" in capsys.readouterr().out
