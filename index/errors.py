"""The errors a user can meet, drawn as one tree. Each message says what happened, to what, and what mends it.

What another library's error says stands in one of ours by its first words.

CrossroadsError
├── SettingsError          a setting or flag is unknown, ill-typed or impossible
├── StoriesError           the stories folder or one of its files cannot be used
│   └── PassingError           a file could not be read this time, for a reason that may not lie in it
│       └── NotLoadedError     what reads it cannot be imported
├── StoreError             the index cannot be read or written
│   ├── IndexMissingError      there is no published index yet
│   ├── IndexMismatchError     the index was made by another embedder or format
│   ├── BuildLockedError       another build of the same index is running
│   └── ServerError            the Chroma server that keeps the index does not answer, or turned us away
├── EmbedderError          the embedding model cannot be loaded or cannot run
├── ClusterError           the Ray cluster that is to build cannot be reached, or could not finish
├── RerankerError          the reranking model cannot be loaded or cannot run
├── GrounderError          the grounding model cannot be loaded or cannot run
├── FilterError            a filter is written wrongly, or leaves no story
├── QuestionError          a question that cannot be asked (empty, far too long)
├── LLMError               the language model cannot be reached, or failed
└── EvalError              an eval set or a run folder cannot be used

This module imports nothing of the project; every room may import it.
"""

FIRST_WORDS = 300
"""Characters of another library's message that stand in one of ours."""


class CrossroadsError(Exception):
    """Root of every error that is meant for a user's eyes: the command line prints it and exits with 2."""


class SettingsError(CrossroadsError):
    """A setting is unknown, ill-typed or impossible on this machine."""


class StoriesError(CrossroadsError):
    """The stories folder, or a file in it, cannot be used."""


class PassingError(StoriesError):
    """A file could not be read this time, for a reason that may not lie in it: a machine short of time or memory."""


class NotLoadedError(PassingError):
    """A library that reads a kind of files cannot be imported: it is not there, or there was no memory left for it."""


class StoreError(CrossroadsError):
    """The index cannot be read or written."""


class IndexMissingError(StoreError):
    """No index has been published where one was looked for."""


class IndexMismatchError(StoreError):
    """The index was made by another embedder, or by another format of the index."""


class BuildLockedError(StoreError):
    """Another build holds the lock of this index."""


class ServerError(StoreError):
    """The Chroma server that keeps the index cannot be reached, failed, or turned us away."""


class EmbedderError(CrossroadsError):
    """The embedding model cannot be loaded, or cannot run on the device asked for."""


class ClusterError(CrossroadsError):
    """The Ray cluster that is to build cannot be reached, or could not finish."""


class RerankerError(CrossroadsError):
    """The reranking model cannot be loaded, or cannot run on the device asked for."""


class GrounderError(CrossroadsError):
    """The grounding model cannot be loaded, or cannot run on the device asked for."""


class FilterError(CrossroadsError):
    """A filter is written wrongly, or leaves no story to look at."""


class QuestionError(CrossroadsError):
    """The question cannot be asked as it stands: it is empty, or far too long."""


class LLMError(CrossroadsError):
    """The language model cannot be reached, is not installed, or failed midway."""


class EvalError(CrossroadsError):
    """An eval set, or the folder of a run, cannot be used."""


def first_words(error: Exception) -> str:
    """The beginning of another library's message, in one line."""
    return " ".join(str(error).split())[:FIRST_WORDS]
