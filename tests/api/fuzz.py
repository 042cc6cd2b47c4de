"""`make fuzz`: many requests made from the documentation, counted; ends with 1 for an answer that is not documented."""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.api.fuzzing import fuzzing


def main(wanted: int) -> int:
    with tempfile.TemporaryDirectory(prefix="antifraud-fuzz-") as folder, fuzzing(Path(folder)) as fuzz:
        fuzz.hostile_bodies()
        fuzz.other_methods()
        number = 0
        while fuzz.count < wanted:
            number += 1
            fuzz.round(number, allowed=8, forbidden=3)
            print(f"{fuzz.count:>8,} requests, {len(fuzz.failures)} not as documented", flush=True)
        by_status = Counter()
        for (_, status), count in fuzz.answers.items():
            by_status[status] += count
        for status, count in sorted(by_status.items()):
            print(f"{status}  {count:>8,}")
        never = sorted(fuzz.names - {name for name, status in fuzz.answers if status < 400})
        print(f"never done: {', '.join(never) or 'nothing'}")
        for said in fuzz.failures.values():
            print(f"\n{said}")
        return 1 if fuzz.failures else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
