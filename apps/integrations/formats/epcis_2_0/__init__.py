"""GS1 EPCIS: visibility events as JSON-LD or XML."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.epcis_2_0.parse import check, parse
from apps.integrations.formats.schemes import GENERIC

FORMAT = Format(
    name="epcis_2_0",
    title="GS1 EPCIS 2.0",
    media_types=(*JSON_MEDIA, "application/xml", "text/xml"),
    tables=("epcis_bizstep", "epcis_disposition"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="standard_webhooks",
    schemes=GENERIC,
)
