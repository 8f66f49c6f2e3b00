"""The formats the tower understands, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from apps.integrations.formats import (
    aftership,
    dcsa_tnt,
    dhl_unified,
    easypost,
    fedex_track,
    shippo,
    tpl_generic,
    ups_track,
    ups_track_alert,
    usps_tracking,
)
from apps.integrations.formats.base import Format

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        format_.name: format_
        for format_ in (
            ups_track.FORMAT,
            ups_track_alert.FORMAT,
            fedex_track.FORMAT,
            dhl_unified.FORMAT,
            usps_tracking.FORMAT,
            easypost.FORMAT,
            aftership.FORMAT,
            shippo.FORMAT,
            dcsa_tnt.FORMAT,
            tpl_generic.FORMAT,
        )
    }
)


def get(name: str) -> Format:
    """The format of that name; raises KeyError when the tower does not know it."""
    return FORMATS[name]
