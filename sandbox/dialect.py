"""What differs between Odoo 18.0 and 19.0 on the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """One server series. version is "18.0" or "19.0"."""

    version: str

    @property
    def is_19(self) -> bool:
        return self.version == "19.0"

    @property
    def error_code(self) -> int:
        return 0 if self.is_19 else 200

    def version_info(self) -> dict[str, object]:
        major = int(self.version.split(".")[0])
        return {
            "server_version": self.version,
            "server_version_info": [major, 0, 0, "final", 0, ""],
            "server_serie": self.version,
            "protocol_version": 1,
        }

    def unknown_field(self, model: str, field: str, *, writing: bool = False) -> str:
        if not self.is_19:
            return f"Invalid field {field!r} on model {model!r}"
        return f"Invalid field {field!r} {'in' if writing else 'on'} {model!r}"

    def unknown_field_in_domain(self, model: str, field: str, leaf: object) -> str:
        word = "condition" if self.is_19 else "leaf"
        return f"Invalid field {model}.{field} in {word} {leaf!r}"

    def bad_operator(self, leaf: object) -> str:
        if self.is_19:
            return f"Invalid operator in condition {leaf!r}"
        return f"Invalid leaf {leaf!r}"

    def unknown_method(self, model: str, method: str) -> str:
        if self.is_19:
            return f"The method '{model}.{method}' does not exist"
        return f"The method {method!r} does not exist on the model {model!r}"

    def private_method(self, model: str, method: str) -> str:
        named = f"'{model}.{method}'" if self.is_19 else method
        return f"Private methods (such as {named}) cannot be called remotely."

    def missing_required(self, model: str, title: str, field: str, label: str) -> str:
        if self.is_19:
            return (
                "The operation cannot be completed: Missing required value for the field "
                f"'{label}' ({field}).\nModel: '{title}' ({model})\n"
                "- create/update: a mandatory field is not set\n"
                "- delete: another model requires the record being deleted, "
                "you can archive it instead\n"
            )
        return (
            "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n"
            "- Delete: another model requires the record being deleted. "
            "If possible, archive it instead.\n\n"
            f"Model: {title} ({model})\nField: {label} ({field})\n"
        )
