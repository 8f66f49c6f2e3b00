"""Monthly partitions of the two tables that only grow: the journal and message bodies."""

from datetime import date

from django.db import connection, transaction
from django.utils import timezone

PARTITIONED = ("journal_entry", "integrations_messagebody")
_AHEAD = 2


def _month(start: date, ahead: int) -> date:
    months = start.year * 12 + start.month - 1 + ahead
    return date(months // 12, months % 12 + 1, 1)


def make(tables: tuple[str, ...] = PARTITIONED) -> list[str]:
    """Make the partitions of the previous month to two months ahead; returns the names made."""
    today = timezone.now().date()
    made = []
    for table in tables:
        for ahead in range(-1, _AHEAD + 1):
            first, after = _month(today, ahead), _month(today, ahead + 1)
            name = f"{table}_{first:%Y%m}"
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT to_regclass(%s)", [name])
                if cursor.fetchone()[0] is None:
                    cursor.execute(
                        f'CREATE TABLE "{name}" PARTITION OF "{table}"'
                        f" FOR VALUES FROM ('{first}') TO ('{after}')"
                    )
                    made.append(name)
    return made
