"""Ctrl-C, once, twice and often, against real processes with workers."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")

_BUSY = """
import os, sys, threading, time
from moue.cli import interrupts
from moue.parallel import process_map as processes

def work(number):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(600)

def run():
    with interrupts.handled(process_ends=True):
        try:
            for _ in processes(work, range(100), 2):
                pass
        except KeyboardInterrupt:
            interrupts.end_workers()
            HANG
            os.write(2, b"interrupted\\n")
            return 130

if __name__ == "__main__":
    sys.exit(run())
"""
_HANG = "threading.Event().wait()  # a clean-up that never ends"


def ended(pid: int) -> bool:
    """Return whether a process has ended; a zombie counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def start(tmp_path: Path, hang: str) -> subprocess.Popen[bytes]:
    script = tmp_path / "busy.py"
    script.write_text(_BUSY.replace("HANG", hang))
    return subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip


@pytest.mark.parametrize(("presses", "hang"), [(1, ""), (2, ""), (6, ""), (2, _HANG), (5, _HANG)])
def test_interrupts_always_end_the_command_and_its_workers(tmp_path, presses: int, hang: str):
    running = start(tmp_path, hang)
    assert running.stdout is not None
    try:
        workers = [int(running.stdout.readline()) for _ in range(2)]
        for _ in range(presses):
            os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the whole group
            select.select([], [], [], 0.1)  # apart, or the system makes one of them
        _, said = running.communicate(timeout=30)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 130
    assert said == b"interrupted\n"
    assert all(ended(pid) for pid in workers)


def test_two_interrupts_end_a_command_at_any_time(tmp_path):
    from drawing import drawn, save

    for number in range(60):
        save(tmp_path / "raw" / f"{number}.png", drawn(number, 600, 600))
    run = "import sys; from moue.cli import main; sys.exit(main())"
    for moment in (0.2, 0.8, 1.4, 2.0, 2.6):
        command = ["predict", str(tmp_path / "raw"), "--workers", "2"]
        running = subprocess.Popen(
            [sys.executable, "-c", run, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        try:
            select.select([], [], [], moment)
            for _ in range(2):
                if running.poll() is None:
                    os.killpg(running.pid, signal.SIGINT)
                select.select([], [], [], 0.15)
            _, said = running.communicate(timeout=30)
        finally:
            running.kill()
            running.wait()
        assert running.returncode in (0, 130, -signal.SIGINT)
        if running.returncode == 130:
            assert b"Traceback" not in said, said.decode()
            assert b"resource_tracker" not in said, said.decode()


def test_a_script_without_a_main_guard_is_an_error(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from moue.engine import LocalEngine\n"
        "from moue.predict.batch import BatchItem, PredictorConfig, predict_files\n"
        "jobs = [BatchItem(Path(f'{n}.jpg')) for n in range(40)]\n"
        "for job, result in predict_files(jobs, PredictorConfig(), LocalEngine(2), len(jobs)):\n"
        "    print(result.error)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert 'if __name__ == "__main__":' in done.stderr.splitlines()[-1]
    assert "ended the process" not in done.stdout
