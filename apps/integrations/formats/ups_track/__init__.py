"""UPS Track: the answer to a poll, every package with all its activities."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.schemes import GENERIC
from apps.integrations.formats.ups_track.parse import check, parse

FORMAT = Format(
    name="ups_track",
    title="UPS Track",
    media_types=JSON_MEDIA,
    tables=("ups_track", "ups_track_status"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="hmac_sha256",
    schemes=GENERIC,
)
