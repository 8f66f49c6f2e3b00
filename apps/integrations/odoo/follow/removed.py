"""Lines and moves that Odoo removed from documents that live on: nothing is written on what is gone."""

from __future__ import annotations

from collections.abc import Sequence

from apps.integrations.odoo.follow.reading import Reader
from apps.integrations.odoo.follow.store import GO_ALONG, store_gone
from apps.integrations.odoo.follow.vanished import hidden_of
from apps.integrations.odoo.line.errors import OdooRefused
from apps.integrations.odoo.line.rights import is_no_right
from apps.mirror.specs import BY_MODEL, Spec


def find_removed(reader: Reader, spec: Spec, parents: Sequence[int]) -> None:
    """Ask which children these documents have; what the mirror holds beyond them is gone. Raises OdooError.

    One call for each kind of child, and none where the mirror holds no child of theirs. What only moved to another
    document, or is hidden from us, stays. A removal that writes nothing on the document is found by reconciling.
    """
    for child, pointer in GO_ALONG.get(spec.model, ()):
        try:
            _find_among(reader, BY_MODEL[child], pointer, parents)
        except OdooRefused as error:
            if not is_no_right(error):
                raise  # without the right to them the children's own feed says so


def _find_among(reader: Reader, child: Spec, pointer: str, parents: Sequence[int]) -> None:
    held = child.table._default_manager.filter(
        connection=reader.connection, gone_at=None, **{f"{pointer}__in": list(parents)}
    )
    ours = set(held.values_list("odoo_id", flat=True))
    if not ours or reader.on(child) is None:
        return
    column = next(column for column in child.columns if column.name == pointer)
    field = column.on(reader.known(child))
    if field is None:
        return
    missing = sorted(ours - set(_ids(reader, child, field, parents)))
    if missing:  # it may have moved to another document, or have come between the two looks
        missing = sorted(set(missing) - set(_ids(reader, child, "id", missing)))
    if missing:
        hidden = hidden_of(reader, child, missing)
        store_gone(reader.connection, child, [i for i in missing if i not in hidden])


def _ids(reader: Reader, spec: Spec, field: str, values: Sequence[int]) -> list[int]:
    return reader.odoo.search(
        reader.model(spec), [*reader.domain(spec), (field, "in", list(values))]
    )
