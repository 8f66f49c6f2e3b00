"""USPS Tracking 3: the answer to a poll for one number."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.schemes import GENERIC
from apps.integrations.formats.usps_tracking.parse import check, parse

FORMAT = Format(
    name="usps_tracking",
    title="USPS Tracking",
    media_types=JSON_MEDIA,
    tables=("usps_tracking", "usps_status_category"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="hmac_sha256",
    schemes=GENERIC,
)
