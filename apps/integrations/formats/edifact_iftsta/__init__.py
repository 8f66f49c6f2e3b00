"""EDIFACT IFTSTA: the status messages of forwarders and carriers."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.edifact import MEDIA
from apps.integrations.formats.edifact_iftsta.parse import check, parse
from apps.integrations.formats.schemes import GENERIC

FORMAT = Format(
    name="edifact_iftsta",
    title="EDIFACT IFTSTA transport status",
    media_types=MEDIA,
    tables=("edifact_4405", "edifact_9013"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="standard_webhooks",
    schemes=GENERIC,
)
