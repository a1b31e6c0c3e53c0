from __future__ import annotations

import itertools
import os
import select
import signal
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from moue.parallel import CHUNK, parallel_map, process_map


def test_few_items_stay_in_this_process():
    assert set(parallel_map(_process, range(20), 4, 20)) == {os.getpid()}
    assert set(parallel_map(_process, range(200), 1, 200)) == {os.getpid()}


def _process(_: int) -> int:
    return os.getpid()


def test_processes_return_equal_results_in_order():
    items = range(-30, 31)
    assert list(parallel_map(abs, items, 2, len(items))) == list(map(abs, items))


def test_endless_input_is_read_lazily():
    taken = []

    def endless():
        for i in itertools.count():
            taken.append(i)
            yield -i

    results = process_map(abs, endless(), 1)
    assert list(itertools.islice(results, 100)) == list(range(100))
    results.close()
    assert len(taken) <= 100 + 4 * CHUNK


def test_a_worker_exception_follows_earlier_results():
    results = process_map(_below_ten, range(100), 1)
    assert [next(results) for _ in range(CHUNK)] == list(range(CHUNK))
    with pytest.raises(ValueError, match="no room for 10"):
        list(results)


def _below_ten(number: int) -> int:
    if number == 10:
        raise ValueError("no room for 10")
    return number


def test_a_crashed_item_is_reported_and_skipped():
    results = list(process_map(_deadly_at_ten_and_thirty, range(60), 2, on_crash=str))
    assert results == [str(n) if n in (10, 30) else n for n in range(60)]


def test_a_crash_is_an_error_if_no_item_may_be_lost():
    with pytest.raises(BrokenProcessPool):
        list(process_map(_deadly_at_ten_and_thirty, range(60), 1))


def _deadly_at_ten_and_thirty(number: int) -> int:
    if number in (10, 30):
        os._exit(1)
    return number


def test_an_exception_in_the_source_is_raised():
    def broken():
        yield 1
        raise OSError("source is gone")

    with pytest.raises(OSError, match="source is gone"):
        list(process_map(abs, broken(), 1))


def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    parent = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with parent:
        worker = int(parent.stdout.readline())
        assert Path(f"/proc/{worker}").exists()
        gone = os.pidfd_open(worker)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    ended, _, _ = select.select([gone], [], [], 30)
    os.close(gone)
    assert ended, "the worker still runs"


_PARENT = """
import itertools, os
from moue.parallel import process_map as processes

def process(_):
    return os.getpid()

if __name__ == "__main__":
    for pid in processes(process, itertools.count(), 1):
        print(pid, flush=True)
"""


def test_an_interrupt_of_the_process_group_is_reported_once(tmp_path):
    """Ctrl-C reaches the workers too; they say nothing."""
    script = tmp_path / "parent.py"
    script.write_text(_INTERRUPTED)
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    with parent:
        parent.stdout.readline()
        os.killpg(parent.pid, signal.SIGINT)
        _, said = parent.communicate(timeout=30)
    assert said == "interrupted\n"


_INTERRUPTED = """
import itertools, sys
from moue.parallel import process_map as processes

if __name__ == "__main__":
    try:
        for number in processes(abs, itertools.count(), 2):
            if number == 200:
                print("ready", flush=True)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
"""
