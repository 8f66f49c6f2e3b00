"""Values between the records of server code (moments, bytes, recordsets) and the rows of the store."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from ..schema import X2MANY, Field

if TYPE_CHECKING:
    from .environment import Environment


def to_code(environment: Environment, field: Field, value: Any) -> Any:
    """A stored value as server code sees it: recordsets, naive UTC moments with microseconds, bytes."""
    if field.type == "many2one":
        return environment.records(field.relation, (value,) if value else ())
    if field.type in X2MANY:
        return environment.records(field.relation, tuple(value or ()))
    return _plain(field, value)


def to_read(environment: Environment, model: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row of `read` as server code gets it: many2one as a tuple, moments as moments."""
    fields = environment.env.model(model).fields
    told: dict[str, Any] = {}
    for name, value in row.items():
        shown = _plain(fields[name], value) if name in fields else value
        told[name] = (
            tuple(shown) if isinstance(shown, list) and fields[name].type == "many2one" else shown
        )
    return told


def _plain(field: Field, value: Any) -> Any:
    if field.type == "datetime" and value:
        return datetime.fromisoformat(str(value))
    if field.type == "date" and value:
        return date.fromisoformat(str(value)[:10])
    if field.type == "binary" and isinstance(value, str):
        return value.encode()
    return value


def to_store(value: Any) -> Any:
    """Arguments of server code as they would come over the wire; recordsets become ids."""
    from .records import Records

    if isinstance(value, Records):
        return list(value.ids)
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {k: to_store(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [to_store(v) for v in value]
    return value


def to_wire(value: Any) -> Any:
    """What code leaves in `action`, as the answer of `run` shows it."""
    from .records import Records

    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {k: to_wire(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_wire(v) for v in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return repr(value) if isinstance(value, Records) else str(value)


class Command:
    """The commands of one2many and many2many fields, by name."""

    @staticmethod
    def create(values: dict[str, Any]) -> tuple[int, int, Any]:
        return (0, 0, values)

    @staticmethod
    def update(row_id: int, values: dict[str, Any]) -> tuple[int, int, Any]:
        return (1, row_id, values)

    @staticmethod
    def delete(row_id: int) -> tuple[int, int, Any]:
        return (2, row_id, 0)

    @staticmethod
    def unlink(row_id: int) -> tuple[int, int, Any]:
        return (3, row_id, 0)

    @staticmethod
    def link(row_id: int) -> tuple[int, int, Any]:
        return (4, row_id, 0)

    @staticmethod
    def clear() -> tuple[int, int, Any]:
        return (5, 0, 0)

    @staticmethod
    def set(ids: list[int]) -> tuple[int, int, Any]:
        return (6, 0, ids)
