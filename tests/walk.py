"""How far the tests walk: an ordinary run takes the short way, `make walk` (WALK=1) the long one.

The long way: whole days on every dialect of Odoo, fifty times the drawn examples, an outage over as many
shipments as the requirement names.
"""

import os
from typing import Final

FAR: Final = bool(os.environ.get("WALK"))


def examples(near: int) -> int:
    """How many examples of a property are drawn, where an ordinary run draws near of them."""
    return near * 50 if FAR else near
