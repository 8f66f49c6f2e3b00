"""Only so many threads of a process drain at once, and whoever comes too late is not forgotten."""

import threading

import pytest

from apps.journal.turns import Turns

PATIENCE_S = 10


def test_no_more_threads_work_at_once_than_there_is_room_for():
    turns, started, go_on = Turns(2), threading.Semaphore(0), threading.Event()
    times: list[int] = []

    def work():
        times.append(1)
        started.release()
        assert go_on.wait(PATIENCE_S)

    inside = [threading.Thread(target=turns.take, args=[work]) for _ in range(2)]
    for thread in inside:
        thread.start()
    assert all(started.acquire(timeout=PATIENCE_S) for _ in inside)
    turns.take(work)  # comes back at once: otherwise this thread would wait for go_on
    assert len(times) == 2
    go_on.set()
    for thread in inside:
        thread.join(PATIENCE_S)
    assert len(times) == 3  # somebody looked again, on behalf of the one who had no room


def test_a_message_that_comes_while_the_last_look_is_under_way_is_taken():
    turns, waiting, taken = Turns(1), ["first"], []

    def work():
        found, waiting[:] = list(waiting), []
        taken.extend(found)
        if found == ["first"]:
            waiting.append("second")  # stored after this look, and its wake-up finds no room
            late = threading.Thread(target=turns.take, args=[work])
            late.start()
            late.join(PATIENCE_S)

    turns.take(work)
    assert taken == ["first", "second"]


def test_work_that_fails_leaves_the_room_to_the_next():
    turns, done = Turns(1), []
    with pytest.raises(ZeroDivisionError):
        turns.take(lambda: 1 / 0)
    turns.take(lambda: done.append(1))
    assert done == [1]
