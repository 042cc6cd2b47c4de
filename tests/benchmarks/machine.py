"""What was measured on: figures mean little without it."""

import os
import platform
import statistics
import time
from datetime import UTC, datetime


def machine(folder, rounds=200):
    """Describe this machine and the disk under `folder`."""
    waits = sorted(1e3 * wait for wait in fdatasync_seconds(folder, rounds))
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "fdatasync of 4 KiB": f"median {statistics.median(waits):.2f} ms, worst of {rounds} {waits[-1]:.2f} ms",
        "Python": platform.python_version(),
        "a million additions in Python": f"{1e3 * min(_additions() for _ in range(5)):.0f} ms: compare pages by it",
    }


def _additions(count=1_000_000):
    """Return the processor time of a loop: machines of the same name differ by a factor of three."""
    began, total = time.process_time(), 0
    for number in range(count):
        total += number
    return time.process_time() - began


def fdatasync_seconds(folder, rounds):
    """Append a page and make it durable, again and again."""
    path, page, waits = folder / "fdatasync", os.urandom(4096), []
    with path.open("wb", buffering=0) as file:
        for _ in range(rounds):
            file.write(page)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            waits.append(time.perf_counter() - began)
    path.unlink()
    return waits


def available_bytes():
    """Return how much memory can be had without swapping."""
    return _line_of("/proc/meminfo", "MemAvailable") * 1024


def resident_bytes():
    """Return how much memory this process holds."""
    return _line_of("/proc/self/status", "VmRSS") * 1024


def _line_of(path, name):
    with open(path) as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name))


def _processor():
    with open("/proc/cpuinfo") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
