"""Reading ahead of the store: each page is handed to its taker once, in order, with the error that reading it met."""

from datetime import UTC, datetime

import pytest

from apps.integrations.odoo.follow.ahead import Ahead, Page

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = 2
HELD = {"a": [1, 2, 3], "b": [], "c": [5, 6]}


def _page(model: str, after_id: int) -> Page:
    if model == "bad":
        raise LookupError("no such field")
    return NOW, [{"id": i} for i in HELD[model] if i > after_id][:SIZE]


def _ids(page: Page | None) -> list[int] | None:
    return None if page is None else [record["id"] for record in page[1]]


def test_pages_of_all_models_come_in_order() -> None:
    ahead = Ahead(_page, {"a": 0, "b": 0, "c": 5}, SIZE)
    taken = [_ids(ahead.take(*wanted)) for wanted in (("a", 0), ("a", 2), ("b", 0), ("c", 5))]
    ahead.close()
    assert taken == [[1, 2], [3], [], [6]]


def test_a_model_that_was_passed_over_is_dropped_and_one_not_announced_is_not_read() -> None:
    ahead = Ahead(_page, {"a": 0, "c": 0}, SIZE)
    assert ahead.take("b", 0) is None
    assert _ids(ahead.take("c", 0)) == [5, 6]
    assert ahead.take("a", 0) is None
    assert _ids(ahead.take("c", 6)) == []
    assert ahead.take("c", 0) is None
    ahead.close()


def test_the_taker_of_a_page_gets_the_error_and_the_next_model_is_read() -> None:
    ahead = Ahead(_page, {"bad": 0, "c": 0}, SIZE)
    with pytest.raises(LookupError, match="no such field"):
        ahead.take("bad", 0)
    assert _ids(ahead.take("c", 0)) == [5, 6]
    ahead.close()


def test_a_page_that_starts_elsewhere_is_not_handed_out() -> None:
    """Another worker has gone on with this model meanwhile."""
    ahead = Ahead(_page, {"a": 0}, SIZE)
    assert ahead.take("a", 1) is None
    ahead.close()


def test_closing_ends_the_thread_though_nobody_takes() -> None:
    ahead = Ahead(lambda model, after_id: (NOW, [{"id": after_id + 1}]), {"a": 0}, 1)
    assert _ids(ahead.take("a", 0)) == [1]
    ahead.close()
    assert not ahead._thread.is_alive()
