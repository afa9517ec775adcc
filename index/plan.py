"""Plan: what a rebuild has to do, decided from what is in the folder and what is published. Pure.

Knows nothing of how stories are read, embedded or stored.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from index.generation import Pointer, ShardEntry

SHARD_PASSAGES = 5_000
"""Passages of a full shard: one takes seconds to write again when a story in it changes: docs/experiments.md."""
SMALL_SHARD, SMALL_SHARDS = 1_000, 8
"""A shard with fewer passages is a small one, and of these so many are let be."""


@dataclass(frozen=True)
class Plan:
    """What a rebuild has to do, as story ids.

    `changed` are also those whose bytes could not be had or read at the last build, for what may pass; `unread` are
    files that could not be read before and have not changed since; `damaged` are stories whose part of
    the index is damaged; `whole` says that everything is made anew, and why; `republish` that the published
    generation's own files are damaged.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    whole: str = ""
    republish: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether what is published is already right."""
        return not (self.added or self.changed or self.gone or self.damaged or self.whole or self.republish)

    @property
    def to_read(self) -> tuple[str, ...]:
        """The files that have to be read."""
        return (
            *self.added,
            *self.changed,
            *self.damaged,
            *((*self.same, *self.unread) if self.whole else ()),
        )


def plan(
    files: Mapping[str, str],
    pointer: Pointer | None,
    fingerprint: Mapping[str, str],
    damaged: Collection[str] = (),
    *,
    republish: bool = False,
) -> Plan:
    """Compare the folder (story id → sha256) with what is published and with the shards of it that are damaged."""
    before = pointer.stories if pointer else {}
    unreadable = {fault.file: fault.sha256 for fault in (pointer.faults if pointer else ()) if not fault.story_kept}
    broken = {
        identity for shard in (pointer.shards if pointer else ()) if shard.name in damaged for identity in shard.stories
    }
    found: dict[str, list[str]] = {"added": [], "changed": [], "same": [], "unread": [], "damaged": []}
    for identity, digest in sorted(files.items()):
        known_bad = bool(digest) and unreadable.get(identity) == digest
        put_off = unreadable.get(identity) == ""
        if identity not in before:
            kind = "unread" if known_bad else "added"
        elif put_off or (before[identity] != digest and not known_bad):
            kind = "changed"
        else:
            kind = "damaged" if identity in broken else "same"
        found[kind].append(identity)
    return Plan(
        **{kind: tuple(identities) for kind, identities in found.items()},
        gone=tuple(sorted(before.keys() - files.keys())),
        whole=_difference(pointer.fingerprint, fingerprint) if pointer else "",
        republish=republish,
    )


def untidy(shards: Sequence[ShardEntry]) -> list[ShardEntry]:
    """The shards that are to be written again, as fewer: those with stories that were superseded, and small ones.

    Small ones are left where nothing else is to be written, unless they have become many. Where many are less than half
    full, so are all of those.
    """
    passages = sum(shard.passages for shard in shards)
    too_many = len(shards) > 2 * (passages // SHARD_PASSAGES + 1) + SMALL_SHARDS
    least = SHARD_PASSAGES // 2 if too_many else SMALL_SHARD
    found = [shard for shard in shards if shard.superseded or shard.passages < least]
    return found if any(shard.superseded for shard in found) or len(found) > SMALL_SHARDS else []


def _difference(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    return "; ".join(f"{key}: {before.get(key, 'none')} → {now.get(key, 'none')}" for key in keys)
