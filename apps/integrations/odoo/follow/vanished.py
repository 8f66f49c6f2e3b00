"""Deleted, or only hidden from us? A search leaves out both; reading a hidden record by its id is refused (FACTS 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from apps.integrations.odoo.follow.reading import PAGE, Reader, batched
from apps.integrations.odoo.line.errors import OdooRefused
from apps.integrations.odoo.line.rights import is_no_right
from apps.mirror.specs import Spec

_CALLS: Final = 200
"""How many questions a search for single hidden records may cost; what it did not come to counts as hidden."""


HANDFUL: Final = 5
"""All rows of a model that has more are not taken for deleted without a person's word."""


def are_all(connection: str, spec: Spec, count: int) -> bool:
    """Whether so many are every row that the mirror has of a model, and more than a handful."""
    if count <= HANDFUL:
        return False
    rows = spec.table._default_manager.filter(connection=connection, gone_at=None)
    return rows.count() <= count


def is_any_hidden(reader: Reader, spec: Spec, odoo_ids: Sequence[int]) -> bool:
    """Whether Odoo has one of these and a record rule (another company's, another salesperson's) hides it."""
    try:
        reader.odoo.read(reader.model(spec), odoo_ids, ["write_date"])
    except OdooRefused as error:
        if not is_no_right(error):
            raise
        return True
    return False


def hidden_of(reader: Reader, spec: Spec, odoo_ids: Sequence[int]) -> set[int]:
    """Those of these records that Odoo has and does not show us: found by halving. Raises OdooError."""
    rest, asked, hidden = list(batched(odoo_ids, PAGE)), 0, set[int]()
    while rest:
        ids = rest.pop()
        if asked >= _CALLS:
            hidden.update(ids)
            continue
        asked += 1
        if not is_any_hidden(reader, spec, ids):
            continue
        if len(ids) == 1:
            hidden.update(ids)
        else:
            middle = len(ids) // 2
            rest += [ids[:middle], ids[middle:]]
    return hidden
