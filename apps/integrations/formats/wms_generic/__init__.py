"""The tower's own format for warehouse management systems: pick, pack, ship and receive."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.schemes import GENERIC
from apps.integrations.formats.wms_generic.parse import check, parse

FORMAT = Format(
    name="wms_generic",
    title="WMS events",
    media_types=JSON_MEDIA,
    tables=("wms_generic",),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="standard_webhooks",
    schemes=GENERIC,
)
