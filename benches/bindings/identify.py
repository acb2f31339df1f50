"""The Python side of the bench: CALLS calls of identify, with a fingerprint and with a file.

python identify.py STORE CLIP CALLS
prints one JSON line: the median nanoseconds of a call of each, and resident memory after a tenth of the calls and at the end.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import sonic


def resident_bytes() -> int:
    """Resident memory of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def main() -> None:
    path, clip, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
    times: dict[str, list[int]] = {"fingerprint_ns": [], "file_ns": []}
    with sonic.Store(path, access="read_only") as store:
        sources = {"fingerprint_ns": sonic.fingerprint(clip), "file_ns": clip}
        before = 0
        for call in range(calls):
            for name, source in sources.items():
                start = time.perf_counter_ns()
                answer = store.identify(source, threads=1)
                times[name].append(time.perf_counter_ns() - start)
                assert answer, "the clip is not recognised"
            if call == calls // 10:
                before = resident_bytes()
    figures = {name: statistics.median(values) for name, values in times.items()}
    print(json.dumps({**figures, "rss_start": before, "rss_end": resident_bytes()}))


if __name__ == "__main__":
    main()
