"""Which refusals mean that a record or model is not for us, and which that nothing can be said now."""

from __future__ import annotations

from apps.integrations.odoo.line.errors import ModelAbsent, OdooRefused


def is_no_right(error: OdooRefused) -> bool:
    """Whether we have no right to it, or there is no such model: what points there is of use without it.

    A refused login, a proxy's page or an error inside Odoo says nothing about that: what was read without would be
    stored as if it were empty, and stay so while the record is not written again.
    """
    return isinstance(error, ModelAbsent) or error.name == "AccessError"
