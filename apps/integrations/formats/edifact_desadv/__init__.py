"""EDIFACT DESADV: a sender's notice of what it ships."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.edifact import MEDIA
from apps.integrations.formats.edifact_desadv.parse import check, parse
from apps.integrations.formats.schemes import GENERIC

FORMAT = Format(
    name="edifact_desadv",
    title="EDIFACT DESADV despatch advice",
    media_types=MEDIA,
    tables=("edifact_1225",),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="standard_webhooks",
    schemes=GENERIC,
)
