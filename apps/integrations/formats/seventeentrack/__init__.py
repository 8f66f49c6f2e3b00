"""17TRACK: a snapshot of a tracking with the events of its carriers, pushed at every change."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.schemes import GENERIC
from apps.integrations.formats.seventeentrack.parse import check, parse

FORMAT = Format(
    name="seventeentrack",
    title="17TRACK",
    media_types=JSON_MEDIA,
    tables=("seventeentrack",),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="seventeentrack",
    schemes=("seventeentrack", *GENERIC),
)
