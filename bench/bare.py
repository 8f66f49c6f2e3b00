"""The bare limit of the machine: an ASGI handler that only INSERTs the bytes it was sent."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from psycopg_pool import AsyncConnectionPool

Scope = dict[str, Any]
Message = dict[str, Any]

_pool: AsyncConnectionPool | None = None
_opening = asyncio.Lock()


async def _connections() -> AsyncConnectionPool:
    global _pool
    async with _opening:
        if _pool is None:
            _pool = AsyncConnectionPool(
                os.environ["DATABASE_URL"],
                min_size=16,
                max_size=16,
                kwargs={"autocommit": True},
                open=False,
            )
            await _pool.open(wait=True)
    return _pool


async def application(
    scope: Scope,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answer 202 once the bytes of one request are committed; anything that is no POST gets 200."""
    if scope["type"] != "http":
        return
    body = b""
    while scope["method"] == "POST":
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if scope["method"] == "POST":
        pool = _pool or await _connections()
        async with pool.connection() as connection:
            await connection.execute("INSERT INTO bench_bytes (raw) VALUES (%s)", [body])
    status = 202 if scope["method"] == "POST" else 200
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"{}"})
