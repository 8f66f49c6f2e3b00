"""EasyPost: a snapshot of a tracker with its whole history, pushed at every change."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.easypost.parse import check, parse
from apps.integrations.formats.schemes import GENERIC

FORMAT = Format(
    name="easypost",
    title="EasyPost tracker",
    media_types=JSON_MEDIA,
    tables=("easypost_status_detail", "easypost_status"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="easypost",
    schemes=("easypost", *GENERIC),
)
