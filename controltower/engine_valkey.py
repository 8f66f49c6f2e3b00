"""The bundled Valkey."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import redis

from controltower.engine_home import valkey_binary, write_private
from controltower.engine_process import Engine

# An alarm clock: nothing in it has to survive, so nothing is written to disk, and it may not grow without end.
VALKEY_SETTINGS: Final[Mapping[str, str]] = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "no",
    "save": '""',
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "tcp-keepalive": "60",
}


class Valkey(Engine):
    """The bundled Valkey: an alarm clock on a socket, nothing on disk."""

    name = "valkey"
    title = "Valkey"
    stop_signal = signal.SIGTERM

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.home.sockets / "valkey.sock"

    @property
    def configuration(self) -> Path:
        """Its file; on the command line the password would be visible to everybody."""
        return self.home.data / "valkey.conf"

    def command(self) -> list[str]:
        """valkey-server with its configuration file."""
        return [str(valkey_binary(self.home)), str(self.configuration)]

    def ready(self) -> bool:
        """Whether it answers a ping with our password."""
        try:
            with redis.Redis(
                unix_socket_path=str(self.socket), password=self.secret, socket_timeout=5
            ) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _lay_out(self) -> None:
        lines = [f"{name} {value}" for name, value in VALKEY_SETTINGS.items()]
        lines += [f'unixsocket "{self.socket}"', f'dir "{self.home.data}"']
        lines += [f"requirepass {self.secret}"]
        write_private(self.configuration, "\n".join(lines) + "\n")
        if self.home.account.drop:
            os.chown(self.configuration, self.home.account.uid, self.home.account.gid)
