"""The files of imports: streamed to disk while they are hashed, named by their digest, gone when they were read."""

import hashlib
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.db import connection

from apps.integrations.imports.errors import BadFile

_CHUNK: Final = 1024 * 1024
_MEMBERS: Final = 1000
_LOCK: Final = 7313  # our own first key of PostgreSQL's advisory locks
_BROKEN: Final = (
    zipfile.BadZipFile, NotImplementedError, EOFError, KeyError, zlib.error, lzma.LZMAError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """A file on disk: its SHA-256, its size in bytes."""

    digest: str
    size: int


def folder() -> Path:
    """Where files wait to be read; web and workers share it. Made when it is not there."""
    path = Path(settings.IMPORT_DIR)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(digest: str) -> Path:
    """Where a file of this digest lies, or lay."""
    return folder() / digest


def keep(chunks: Iterable[bytes]) -> Kept:
    """Write a stream to disk and name it by its digest. Raises BadFile when it is empty or over the limit."""
    limit, size, sha = settings.IMPORT_MAX_BYTES, 0, hashlib.sha256()
    part = folder() / f"{uuid4().hex}.part"
    try:
        with part.open("xb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise BadFile(f"The file is larger than {limit // (1024 * 1024)} MB.")
                sha.update(chunk)
                file.write(chunk)
            if not size:
                raise BadFile("The file is empty.")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path_of(sha.hexdigest()))
    finally:
        part.unlink(missing_ok=True)
    return Kept(sha.hexdigest(), size)


def chunks_of(path: Path) -> Iterator[bytes]:
    """A file on this machine, piece by piece."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def members(path: Path) -> list[zipfile.ZipInfo]:
    """The files of a zip, in its own order. Raises BadFile: no zip, too many, encrypted, or too large unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = [
                info
                for info in archive.infolist()
                if not info.is_dir() and not Path(info.filename).name.startswith((".", "__MACOSX"))
            ]
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise BadFile("This is no zip file that can be read.") from error
    if not found or len(found) > _MEMBERS:
        raise BadFile(f"A zip holds between 1 and {_MEMBERS} files; this one has {len(found)}.")
    if len({info.filename for info in found}) < len(found):
        raise BadFile("Two files in this zip have one name.")
    if any(info.flag_bits & 1 for info in found):
        raise BadFile("The zip is encrypted.")
    if sum(info.file_size for info in found) > settings.IMPORT_MAX_BYTES:
        raise BadFile("Unpacked, the files of this zip are larger than the limit.")
    return found


def unpack(path: Path, member: str) -> Path:
    """One file of a zip on disk beside it; unpacked once. Raises BadFile when it is not what the zip says."""
    named = hashlib.sha256(member.encode()).hexdigest()[:16]
    target = path.with_name(f"{path.name}.{named}")
    if target.exists():
        return target
    room = settings.IMPORT_MAX_BYTES
    part = path.with_name(f"{uuid4().hex}.part")
    try:
        with (
            zipfile.ZipFile(path) as archive,
            archive.open(member) as source,
            part.open("xb") as file,
        ):
            while chunk := source.read(_CHUNK):
                room -= len(chunk)
                if room < 0:
                    raise BadFile(f"{member} is larger than the zip says.")
                file.write(chunk)
        part.replace(target)
    except _BROKEN as error:
        raise BadFile(f"{member} cannot be unpacked: {error}.") from error
    finally:
        part.unlink(missing_ok=True)
    return target


def hold(digest: str) -> None:
    """Nobody else begins with a file, or drops it, until the caller's transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, digest])


def drop(digest: str) -> None:
    """Remove a file and what was unpacked of it."""
    for path in folder().glob(f"{digest}*"):
        path.unlink(missing_ok=True)


def sweep(*, still_needed: set[str], older_than: float) -> int:
    """Remove files that no job needs and that were not touched since older_than (seconds of the epoch)."""
    gone = 0
    for path in folder().iterdir():
        if path.name.partition(".")[0] in still_needed or path.stat().st_mtime >= older_than:
            continue
        path.unlink(missing_ok=True)
        gone += 1
    return gone
