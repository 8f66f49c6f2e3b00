"""AfterShip: a snapshot of a tracking with all its checkpoints, pushed at every change."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.aftership.parse import check, parse
from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.schemes import GENERIC

FORMAT = Format(
    name="aftership",
    title="AfterShip Tracking",
    media_types=JSON_MEDIA,
    tables=("aftership_subtag", "aftership_tag"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="aftership",
    schemes=("aftership", *GENERIC),
)
