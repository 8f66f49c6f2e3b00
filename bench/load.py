"""A bounded loopback client in its own process: prepared requests over a few open connections.

Reads requests from standard input, prints one line of JSON: {"answered", "seconds", "statuses"}. Everything is
made ready before the clock starts, because the client shares two cores with what it measures.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from functools import partial

_CONNECTIONS = 24


class _Caller(asyncio.Protocol):
    """One connection: sends the next request as soon as the last one is answered."""

    def __init__(
        self, requests: list[bytes], statuses: "Counter[str]", done: "asyncio.Future[None]"
    ) -> None:
        self.requests, self.statuses, self.done = requests, statuses, done
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._next()

    def _next(self) -> None:
        if self.requests:
            self.transport.write(self.requests.pop())
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, mark, body = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        stated = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(stated) if stated else body.endswith(b"0\r\n\r\n"):
            self.statuses[head[9:12].decode()] += 1
            self.buffer = b""
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def _same(caller: _Caller) -> _Caller:
    return caller


async def _run(port: int, requests: list[bytes]) -> dict[str, object]:
    loop, statuses = asyncio.get_running_loop(), Counter[str]()
    ends: list[asyncio.Future[None]] = []
    start = time.perf_counter()
    for _ in range(_CONNECTIONS):
        done: asyncio.Future[None] = loop.create_future()
        ends.append(done)
        caller = _Caller(requests, statuses, done)
        await loop.create_connection(partial(_same, caller), "127.0.0.1", port)
    await asyncio.gather(*ends)
    seconds = time.perf_counter() - start
    return {"answered": sum(statuses.values()), "seconds": seconds, "statuses": statuses}


def main() -> None:
    """`python -m bench.load PORT < requests`: each request is a length (8 digits) and its bytes."""
    raw, requests, at = sys.stdin.buffer.read(), [], 0
    while at < len(raw):
        length = int(raw[at : at + 8])
        requests.append(raw[at + 8 : at + 8 + length])
        at += 8 + length
    requests.reverse()
    print(json.dumps(asyncio.run(_run(int(sys.argv[1]), requests))))


if __name__ == "__main__":
    main()
