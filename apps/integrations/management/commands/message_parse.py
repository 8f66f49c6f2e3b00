"""Read a file as a format would; nothing is stored."""

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.integrations import formats
from apps.integrations.formats.base import Refused, Source, as_sample


class Command(BaseCommand):
    help = "Print the canonical events of a message as JSON; changes nothing and needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", help="the message's bytes; - for standard input"
        )
        parser.add_argument(
            "--format", required=True, help=f"one of {', '.join(sorted(formats.FORMATS))}"
        )
        parser.add_argument(
            "--timezone", default=None, metavar="TZ", help="zone of times that come without one"
        )
        parser.add_argument(
            "--received-at",
            default=None,
            metavar="T",
            help="when it arrived, ISO 8601 (default: now)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["format"] not in formats.FORMATS:
            raise CommandError(
                f"There is no format {options['format']}; known are {', '.join(sorted(formats.FORMATS))}."
            )
        format_ = formats.get(options["format"])
        source = Source("message-parse", format_.name, None, options["timezone"])
        try:
            raw = (
                sys.stdin.buffer.read()
                if options["file"] == "-"
                else Path(options["file"]).read_bytes()
            )
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        try:
            result = format_.parse(
                raw, format_.load_codes(), source, _instant(options["received_at"])
            )
        except Refused as refused:
            raise CommandError(f"{refused.reason}: {refused.detail}") from refused
        for skipped in result.skipped:
            self.stderr.write(f"entry {skipped.index} skipped: {skipped.reason}")
        if result.ignored:
            self.stderr.write(f"ignored: {result.ignored}")
        once = {event.identity: event for event in reversed(result.events)}
        events = [event for event in result.events if once[event.identity] is event]
        self.stdout.write(
            json.dumps([as_sample(event) for event in events], indent=2, ensure_ascii=False)
        )


def _instant(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError("--received-at is not an ISO 8601 time.") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
