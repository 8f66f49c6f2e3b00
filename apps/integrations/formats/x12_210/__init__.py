"""X12 210: a carrier's freight invoice."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.schemes import GENERIC
from apps.integrations.formats.x12 import MEDIA
from apps.integrations.formats.x12_210.parse import check, parse

FORMAT = Format(
    name="x12_210",
    title="X12 210 freight invoice",
    media_types=MEDIA,
    tables=("x12_210", "x12_210_charge"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="standard_webhooks",
    schemes=GENERIC,
)
