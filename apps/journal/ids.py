"""Public ids: UUIDv7 texts with a prefix (`shp_0190…`). Database ids never leave the tower."""

from typing import Any
from uuid import UUID

from django.db import models
from uuid6 import uuid7

_NOBODY = UUID(int=0)


def new_id(prefix: str) -> str:
    """A fresh public id, time-ordered: `cas_019ab3…` (prefix, underscore, 32 hex digits)."""
    return f"{prefix}_{uuid7().hex}"


def to_uuid(prefix: str, text: object) -> UUID | None:
    """The UUID inside a public id, or None when the text is not an id of this prefix."""
    if isinstance(text, UUID):
        return text
    head, _, tail = str(text).partition("_")
    if head != prefix or len(tail) != 32:
        return None
    try:
        return UUID(hex=tail)
    except ValueError:
        return None


class PublicIdField(models.UUIDField):
    """Stored as 16 bytes, shown as `<prefix>_<32 hex>`, filled when the row is made.

    Looking for a text that is no such id finds nothing; it is never an error.
    """

    # What django-stubs takes a row's attribute for: texts, though the column holds 16 bytes.
    _pyi_private_get_type: str  # type: ignore[assignment]
    _pyi_private_set_type: str

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        kwargs.setdefault("unique", True)
        kwargs["editable"] = False
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if not self.unique:
            kwargs["unique"] = False  # Django leaves out its own default, which is not ours
        return name, path, [self.prefix, *args], kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname, None)
        if value is None and add:
            value = new_id(self.prefix)
            setattr(model_instance, self.attname, value)
        return value

    def from_db_value(self, value: UUID | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else f"{self.prefix}_{value.hex}"

    def to_python(self, value: Any) -> Any:
        return f"{self.prefix}_{value.hex}" if isinstance(value, UUID) else value

    def get_prep_value(self, value: Any) -> UUID | None:
        return None if value is None else (to_uuid(self.prefix, value) or _NOBODY)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if prepared else self.get_prep_value(value)
