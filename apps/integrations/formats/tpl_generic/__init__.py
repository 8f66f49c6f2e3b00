"""The tower's own batch format for third-party logistics providers."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.schemes import GENERIC
from apps.integrations.formats.tpl_generic.parse import check, parse

FORMAT = Format(
    name="tpl_generic",
    title="3PL batch",
    media_types=JSON_MEDIA,
    tables=("tpl_generic", "tpl_reason"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="standard_webhooks",
    schemes=GENERIC,
)
