"""Workshop: whoever changes the library of a server, one command after another, and when none may be begun.

Knows nothing of how a command is run (`building.py`), nor of the browser.
"""

import threading
import time
from collections.abc import Callable, Sequence

from index.errors import BuildLockedError, StoriesError
from index.processes import command
from index.settings import Settings
from index.sharing import in_folder, lacking, published
from index.store import PassageStore
from ui.building import FOR_NOBODY, Purpose, Work

LOCK_SECONDS = 5.0
"""How long the builder's lock may be held by others before that is told: deleting an old generation takes moments."""
LAST = "This is the only story, and the library needs one. Add another first, then remove this."
_LOCKED = (
    "Somebody else is building this library's index at the moment, from a terminal or another window. "
    "Wait until that ends, then try again."
)
_ELSEWHERE = (
    "Other computers share this library, and {missing} of its stories are not in this computer's stories folder: "
    "a change made here would take them out. Add and remove stories where their files are."
)
_NOTHING_YET = (
    "This computer has nothing yet of the library that other computers share. Wait until it is fetched; where there is "
    "none, run `python -m index build` where the stories are."
)


class Workshop:
    """Whoever changes the library of a server: one command at a time, the others wait for their turn.

    Of a library that is shared by way of a Chroma server, it looks at this computer's mirror alone; whether others
    build there, the commands say.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = PassageStore(settings.index_folder)
        self._turn = threading.Lock()
        self._begun: list[Work] = []
        self._beginning = threading.Lock()

    def current(self) -> Work | None:
        """The work that goes on, else the first that waits for its turn; None where there is nothing to do."""
        going_on = self._going_on()
        return next((work for work in going_on if work.progress.state != "waiting"), next(iter(going_on), None))

    def build(self, purpose: Purpose = FOR_NOBODY) -> Work:
        """Bring the index up to the stories folder."""

        def check() -> None:
            self._refuse_while_locked()
            self._refuse_elsewhere()

        return self._begin("build", "--progress", check=check, purpose=purpose)

    def bring_up_to_date(self) -> Work:
        """A build that waits for its turn will take up all there is; else a new one."""
        waiting = (one for one in self._going_on() if one.progress.state == "waiting" and not one.purpose.removed)
        return next(waiting, None) or self.build()

    def remove(self, identity: str, purpose: Purpose = FOR_NOBODY) -> Work:
        """Take a story out of the folder and the index; nothing is touched while another process builds.

        The last story stays: whether it is the last is looked at when it is this one's turn.
        """

        def check() -> None:
            self._refuse_while_locked()
            self._refuse_elsewhere()
            self._refuse_last(identity)

        return self._begin("remove", last=("--", identity), check=check, purpose=purpose)

    def why_not(self) -> str:
        """Why nothing of the library can be changed on this computer; "" where it can."""
        if not self._settings.chroma_url:
            return ""
        if self._store.pointer() is None:
            return _NOTHING_YET
        missing = len(lacking(self._settings.stories, self._store))
        return _ELSEWHERE.format(missing=missing) if missing else ""

    def _refuse_elsewhere(self) -> None:
        """Raise `StoriesError` where a build here would take stories of a shared library away from the others."""
        if why := self.why_not():
            raise StoriesError(why)

    def _going_on(self) -> list[Work]:
        with self._beginning:
            self._begun = [work for work in self._begun if not work.progress.has_ended]
            return self._begun

    def _begin(self, *verb: str, check: Callable[[], None], purpose: Purpose, last: Sequence[str] = ()) -> Work:
        settings = self._settings
        flags = ["--stories", str(settings.stories), "--index", str(settings.index_folder), "--device", settings.device]
        flags += ["--embedder", settings.embedder] if settings.embedder else []
        work = Work(command("index", *verb, "--json", *flags, *last), check, self._turn, purpose)
        with self._beginning:
            self._begun = [*self._begun, work]
        return work

    def _refuse_last(self, identity: str) -> None:
        """Raise `StoriesError` where no other story would be left, in the folder and searched."""
        kept = in_folder(self._settings.stories) & published(self._store)
        if not kept - {identity}:
            raise StoriesError(LAST)

    def _refuse_while_locked(self) -> None:
        """Raise `BuildLockedError` while a build runs that was started elsewhere: in a terminal, say."""
        until = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                with self._store.building():
                    return
            except BuildLockedError as error:
                if time.monotonic() > until:
                    raise BuildLockedError(_LOCKED) from error
            time.sleep(LOCK_SECONDS / 50)
