"""How far a long run has come, and what it did: a line every few seconds, a table at its end."""

from __future__ import annotations

import sys
import time

EVERY_S = 10


class Progress:
    """Counts up to `whole`; what was done in an earlier run counts as done."""

    def __init__(self, what: str, whole: int, done: int = 0) -> None:
        self.what, self.whole, self.first, self.now = what, whole, done, done
        self.began = self.told = time.monotonic()
        self.cpu = time.process_time()

    def at(self, done: int) -> None:
        """So many are done; tells it when it is time."""
        self.now = done
        if time.monotonic() - self.told >= EVERY_S:
            self.told = time.monotonic()
            left = (self.whole - done) / self.rate if self.rate else 0
            _say(
                f"{done:6} of {self.whole} {self.what}, {self.rate:.1f}/s, {left / 60:.0f} min left"
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
        _say("-" * 56)
        for name, count in rows.items():
            _say(f"{name:44}{count:12}")
        _say(f"{'seconds':44}{took:12.0f}")
        _say(f"{'processor seconds of this process':44}{time.process_time() - self.cpu:12.0f}")
        _say(f"{self.what + ' a second':44}{self.rate:12.2f}")
        _say("-" * 56)


def _say(text: str) -> None:
    """To where it is seen also while several processes share the tests."""
    print(f"     {text}", file=sys.stderr, flush=True)
