"""A bounded loopback client in its own process: prepared requests over a few open connections.

Reads requests from standard input, prints one line of JSON: {"answered", "seconds", "statuses", "p50", "p99"} (in
milliseconds). With a rate, each request has its second at which it is due, and waiting for a free connection counts;
without one, each connection sends the next as soon as the last is answered. Everything is made ready before the
clock starts, because the client shares two cores with what it measures.
"""

import asyncio
import json
import sys
import time
from collections import Counter, deque

_CONNECTIONS = 24


class _Course:
    """The requests still to send, when each is due, and what was answered."""

    def __init__(self, requests: list[bytes], rate: float) -> None:
        self.requests, self.rate = requests, rate
        self.next = 0
        self.free: deque[_Caller] = deque()
        self.statuses = Counter[str]()
        self.took: list[float] = []
        self.done = asyncio.get_running_loop().create_future()
        self.began = 0.0

    def due(self) -> float:
        """When the next request is to be sent, by the loop's clock."""
        return self.began + self.next / self.rate if self.rate else 0.0

    def send(self) -> None:
        """Send what is due over free connections."""
        now = time.perf_counter()
        while self.free and self.next < len(self.requests) and self.due() <= now:
            self.free.popleft().ask(self.requests[self.next], self.due() or now)
            self.next += 1

    def answered(self, status: str, asked_at: float) -> None:
        """Note one answer."""
        self.statuses[status] += 1
        self.took.append(time.perf_counter() - asked_at)
        if len(self.took) == len(self.requests):
            self.done.set_result(None)


class _Caller(asyncio.Protocol):
    """One connection: a request, its answer, and free again."""

    def __init__(self, course: _Course) -> None:
        self.course, self.buffer, self.asked_at = course, b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.course.free.append(self)

    def ask(self, request: bytes, at: float) -> None:
        """Send one request; at is when it was due."""
        self.asked_at = at
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, mark, body = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        stated = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(stated) if stated else body.endswith(b"0\r\n\r\n"):
            self.buffer = b""
            self.course.free.append(self)
            self.course.answered(head[9:12].decode(), self.asked_at)
            self.course.send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.course.done.done():
            self.course.done.set_exception(error or ConnectionError("the server hung up"))


async def _run(port: int, requests: list[bytes], rate: float) -> dict[str, object]:
    loop, course = asyncio.get_running_loop(), _Course(requests, rate)
    for _ in range(_CONNECTIONS):
        await loop.create_connection(lambda: _Caller(course), "127.0.0.1", port)
    course.began = time.perf_counter()
    course.send()
    while rate and course.next < len(requests):
        await asyncio.sleep(max(0.0, course.due() - time.perf_counter()))
        course.send()
    await course.done
    seconds, took = time.perf_counter() - course.began, sorted(course.took)
    return {
        "answered": len(took), "seconds": seconds, "statuses": course.statuses,
        "p50": took[len(took) // 2] * 1000, "p99": took[int(len(took) * 0.99)] * 1000,
    }  # fmt: skip


def main() -> None:
    """`python -m bench.load PORT [RATE] < requests`: each request is a length (8 digits) and its bytes."""
    raw, requests, at = sys.stdin.buffer.read(), [], 0
    while at < len(raw):
        length = int(raw[at : at + 8])
        requests.append(raw[at + 8 : at + 8 + length])
        at += 8 + length
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    print(json.dumps(asyncio.run(_run(int(sys.argv[1]), requests, rate))))


if __name__ == "__main__":
    main()
