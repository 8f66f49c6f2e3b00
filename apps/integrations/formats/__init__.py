"""The formats the tower understands, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from apps.integrations.formats import easypost, tpl_generic, ups_track_alert
from apps.integrations.formats.base import Format

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        format_.name: format_
        for format_ in (ups_track_alert.FORMAT, easypost.FORMAT, tpl_generic.FORMAT)
    }
)


def get(name: str) -> Format:
    """The format of that name; raises KeyError when the tower does not know it."""
    return FORMATS[name]
