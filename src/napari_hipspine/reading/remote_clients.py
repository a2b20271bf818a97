"""How files are fetched from web servers and object stores: by obstore, or by fsspec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..domain.errors import PackageMissing


class Client(Protocol):
    """How files under one URL are fetched."""

    def size(self, key: str) -> int | None:
        """Size of a file [bytes]; None if there is none."""

    def fetch(self, key: str, part: slice | None) -> bytes | memoryview | None:
        """Bytes of a file, or of a part of it; None if there is none."""


def client_of(url: str) -> Client:
    """What fetches the files under a URL: obstore where it is installed and knows the scheme, else fsspec.

    Raises
    ------
    PackageMissing
        If neither can.
    """
    store = obstore_of(url)
    if store is not None:
        return _ObstoreClient(store)
    try:
        from fsspec.core import url_to_fs

        return _FsspecClient(*url_to_fs(url))
    except (ImportError, ValueError) as error:
        raise PackageMissing(
            f"Expected a package that reads {url.partition('://')[0]}, found none ({error}).",
            hint="pip install 'napari-hipspine[remote]'",
        ) from error


def obstore_of(url: str) -> Any:
    """The store of obstore under a URL; None where the package is missing or does not know the scheme."""
    try:
        from obstore.store import from_url
    except ImportError:
        return None
    try:
        return from_url(url, client_options={"allow_http": True})
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "obstore":
            return None
        raise


@dataclass(frozen=True)
class _ObstoreClient:
    store: Any

    def size(self, key: str) -> int | None:
        found = _told(lambda: self.store.head(key))
        return None if found is None else int(found["size"])

    def fetch(self, key: str, part: slice | None) -> bytes | memoryview | None:
        if part is None:
            found = _told(lambda: self.store.get(key).bytes())
        else:
            found = _told(lambda: self.store.get_range(key, start=part.start, end=part.stop))
        return None if found is None else memoryview(found)


def _told(ask: Callable[[], Any]) -> Any:
    """What a store answers; None if it has no such file.

    Raises
    ------
    OSError
        If it does not answer, or refuses.
    """
    try:
        return ask()
    except FileNotFoundError:
        return None
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "obstore":
            raise
        raise OSError(str(error).partition("\n")[0]) from error


@dataclass(frozen=True)
class _FsspecClient:
    fs: Any
    root: str

    def size(self, key: str) -> int | None:
        try:
            return int(self.fs.info(f"{self.root}/{key}")["size"])
        except FileNotFoundError:
            return None

    def fetch(self, key: str, part: slice | None) -> bytes | memoryview | None:
        start, stop = (part.start, part.stop) if part else (None, None)
        try:
            found: bytes = self.fs.cat_file(f"{self.root}/{key}", start=start, end=stop)
        except FileNotFoundError:
            return None
        return found
