"""FedEx Track: the answer to a poll, and the push with the same objects."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.fedex_track.parse import check, parse
from apps.integrations.formats.schemes import GENERIC

FORMAT = Format(
    name="fedex_track",
    title="FedEx Track",
    media_types=JSON_MEDIA,
    tables=("fedex_track", "fedex_exception"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="fedex",
    schemes=("fedex", *GENERIC),
)
