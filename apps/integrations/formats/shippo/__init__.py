"""Shippo: a snapshot of a tracking with its history, pushed at every change."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.schemes import GENERIC
from apps.integrations.formats.shippo.parse import check, parse

FORMAT = Format(
    name="shippo",
    title="Shippo tracking",
    media_types=JSON_MEDIA,
    tables=("shippo_substatus", "shippo_status"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="shippo",
    schemes=("shippo", "url_token", *GENERIC),
)
