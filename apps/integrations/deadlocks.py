"""One more try where two transactions stood in each other's way."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import OperationalError
from psycopg import errors as pg

log = structlog.get_logger(__name__)
T = TypeVar("T")


def tried_twice(work: Callable[[], T]) -> T:
    """What work answers; after a deadlock it runs once more, because the other one has got through by then.

    work must be one whole transaction. Raises what it raises.
    """
    try:
        return work()
    except OperationalError as error:
        if not isinstance(error.__cause__, pg.DeadlockDetected | pg.SerializationFailure):
            raise
        log.info("deadlock", reason=str(error.__cause__).partition("\n")[0])
    return work()
