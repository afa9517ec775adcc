"""Which store the settings name: the index folder alone, or one that mirrors a Chroma server."""

from index.settings import Settings
from index.store import PassageStore


def open_store(settings: Settings) -> PassageStore:
    """The store; nothing is read or asked yet. Raises `SettingsError` for an address that is none."""
    if not settings.chroma_url:
        return PassageStore(settings.index_folder)
    from index.server.connection import Address, Connection
    from index.server.mirror import MirroredStore
    from index.server.remote import RemoteLibrary

    address = Address(settings.chroma_url, settings.chroma_token, settings.chroma_tenant, settings.chroma_database)
    return MirroredStore(settings.index_folder, RemoteLibrary(Connection(address)))
