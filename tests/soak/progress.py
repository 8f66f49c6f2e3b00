"""How far a long run has come, and what it did: a line every few seconds, a table at its end."""

from __future__ import annotations

import time

EVERY_S = 10


class Progress:
    """Counts up to `whole`; what was done in an earlier run counts as done."""

    def __init__(self, what: str, whole: int, done: int = 0) -> None:
        self.what, self.whole, self.first, self.now = what, whole, done, done
        self.began = self.told = time.monotonic()

    def at(self, done: int) -> None:
        """So many are done; tells it when it is time."""
        self.now = done
        if time.monotonic() - self.told >= EVERY_S:
            self.told = time.monotonic()
            left = (self.whole - done) / self.rate if self.rate else 0
            print(
                f"\n     {done:6} of {self.whole} {self.what}, {self.rate:.1f}/s, {left / 60:.0f} min left",
                end="",
                flush=True,
            )

    @property
    def rate(self) -> float:
        """Per second of this run."""
        return (self.now - self.first) / max(time.monotonic() - self.began, 0.001)

    def end(self, *tables: dict[str, int]) -> None:
        """The table."""
        took = time.monotonic() - self.began
        rows = {self.what: self.now - self.first}
        for table in tables:
            rows |= table
        print(f"\n     {'':-<56}")
        for name, count in rows.items():
            print(f"     {name:44}{count:12}")
        print(
            f"     {'seconds':44}{took:12.0f}\n     {self.what + ' a second':44}{self.rate:12.2f}"
        )
        print(f"     {'':-<56}")
