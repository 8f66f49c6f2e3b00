"""The tests' own PostgreSQL, and how it is emptied after a test whose transactions were real."""

from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

from controltower.engines import Postgres

KEPT = "kept"
_BACK = "INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}"


class Hasty(Postgres):
    """Loses its data with the machine's power, which no test cuts; the tower's own is proved durable in test_engines."""

    def command(self) -> list[str]:
        """The tower's command without waiting for the disk: of two values the last counts."""
        hasty = (
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "shared_buffers=256MB",
        )
        return [*super().command(), *(word for one in hasty for word in ("-c", one))]


class Emptied:
    """What Django's flush leaves, which is some seeds, is kept the first time and brought back from then on.

    Flushing cuts off all tables, filled or not, and makes every permission and mapping anew: a second for each test.
    """

    def __init__(self) -> None:
        self.kept: list[str] = []

    def again(self) -> None:
        """Empty the database of whatever the test committed."""
        if not self.kept:
            call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
            if (
                _is_superuser()
            ):  # not in a database of somebody else's: there it is flushed each time
                self._keep()
            return
        with transaction.atomic(), connection.cursor() as cursor:
            # No foreign key is looked at and no trigger refuses: what goes goes together.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in self._filled():
                cursor.execute(_sql("DELETE FROM {}", table))
            for table in self.kept:
                cursor.execute(_sql(_BACK, table, (KEPT, table)))

    def _keep(self) -> None:
        filled = self._filled()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_sql("DROP SCHEMA IF EXISTS {} CASCADE", KEPT))
            cursor.execute(_sql("CREATE SCHEMA {}", KEPT))
            for table in filled:
                cursor.execute(_sql("CREATE TABLE {} AS SELECT * FROM {}", (KEPT, table), table))
        self.kept = filled

    def _filled(self) -> list[str]:
        tables = connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        asked = [
            sql.SQL("(SELECT {} FROM {} LIMIT 1)").format(sql.Literal(name), sql.Identifier(name))
            for name in tables
        ]
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(" UNION ALL ").join(asked))
            return [row[0] for row in cursor.fetchall()]


def _is_superuser() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        return cursor.fetchone() == ("on",)


def _sql(text: str, *names: str | tuple[str, str]) -> sql.Composed:
    """The statement with its names quoted; a pair is a schema and a table."""
    pairs = [(one,) if isinstance(one, str) else one for one in names]
    return sql.SQL(text).format(*(sql.Identifier(*pair) for pair in pairs))


_emptied = Emptied()


def _after_a_test(self: TransactionTestCase) -> None:
    _emptied.again()


TransactionTestCase._fixture_teardown = _after_a_test  # type: ignore[method-assign]
