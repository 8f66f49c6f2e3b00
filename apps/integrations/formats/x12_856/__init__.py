"""X12 856: a sender's notice of what it ships."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.schemes import GENERIC
from apps.integrations.formats.x12 import MEDIA
from apps.integrations.formats.x12_856.parse import check, parse

FORMAT = Format(
    name="x12_856",
    title="X12 856 ship notice",
    media_types=MEDIA,
    tables=("x12_856",),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="standard_webhooks",
    schemes=GENERIC,
)
