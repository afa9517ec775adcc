"""Which store the settings name: the index folder alone, or one that mirrors a Chroma server."""

from index.settings import Settings
from index.store import PassageStore


def open_store(settings: Settings, *, waits: bool = True) -> PassageStore:
    """The store; nothing is read or asked yet. Raises `SettingsError` for an address that is none.

    `waits` as `index.server.mirror.MirroredStore` has it; of a folder, there is nothing to wait for.
    """
    if not settings.chroma_url:
        return PassageStore(settings.index_folder)
    from index.server.address import Address
    from index.server.connection import Connection
    from index.server.mirror import MirroredStore
    from index.server.remote import RemoteLibrary

    address = Address(settings.chroma_url, settings.chroma_token, settings.chroma_tenant, settings.chroma_database)
    return MirroredStore(settings.index_folder, RemoteLibrary(Connection(address)), waits=waits)
