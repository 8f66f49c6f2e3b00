"""UPS Track Alert: one message for each scan, pushed by UPS."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.ups_track_alert.parse import check, parse
from apps.integrations.formats.ups_track_alert.verify import sign, verify

FORMAT = Format(
    name="ups_track_alert",
    title="UPS Track Alert",
    media_types=JSON_MEDIA,
    tables=("ups_track", "ups_track_status"),
    check=check,
    verify=verify,
    parse=parse,
    sign=sign,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
)
