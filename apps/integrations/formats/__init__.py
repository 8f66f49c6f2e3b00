"""The formats the tower understands, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from apps.integrations.formats import (
    aftership,
    canonical,
    dcsa_tnt,
    dhl_unified,
    easypost,
    edifact_desadv,
    edifact_iftsta,
    epcis_2_0,
    fedex_track,
    mapped_json,
    seventeentrack,
    shipengine,
    shippo,
    tpl_generic,
    ups_track,
    ups_track_alert,
    usps_tracking,
    wms_generic,
    x12_210,
    x12_214,
    x12_856,
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
            seventeentrack.FORMAT,
            shipengine.FORMAT,
            dcsa_tnt.FORMAT,
            epcis_2_0.FORMAT,
            x12_214.FORMAT,
            x12_856.FORMAT,
            x12_210.FORMAT,
            edifact_iftsta.FORMAT,
            edifact_desadv.FORMAT,
            wms_generic.FORMAT,
            tpl_generic.FORMAT,
            canonical.FORMAT,
            mapped_json.FORMAT,
        )
    }
)


def get(name: str) -> Format:
    """The format of that name; raises KeyError when the tower does not know it."""
    return FORMATS[name]
