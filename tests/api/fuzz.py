"""`make fuzz`: many requests made from the documentation, counted.

Ends with 1 for an answer that is not documented, and for an operation that never succeeded: nothing is known of it.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.api.conftest import providing
from tests.api.fuzzing import fuzzing

TAKES_HOURS = {"confirmLoan"}  # a pause by law must be over first


def main(wanted: int) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="antifraud-fuzz-") as folder,
        providing() as issuer,
        fuzzing(Path(folder), issuer) as fuzz,
    ):
        fuzz.tell()
        fuzz.hostile_bodies()
        fuzz.other_methods()
        number = told = 0
        while fuzz.count < wanted:
            number += 1
            fuzz.round(number, allowed=8, forbidden=3, of_stories=0.3)
            print(f"{fuzz.count:>8,} requests, {len(fuzz.failures)} not as documented", flush=True)
            for said in list(fuzz.failures.values())[told:]:
                print(f"\n{said}\n", flush=True)
            told = len(fuzz.failures)
        by_status = Counter()
        for (_, status), count in fuzz.answers.items():
            by_status[status] += count
        for status, count in sorted(by_status.items()):
            print(f"{status}  {count:>8,}")
        never = sorted(fuzz.names - TAKES_HOURS - {name for name, status in fuzz.answers if status < 400})
        print(f"never done: {', '.join(never) or 'nothing'}")
        return 1 if fuzz.failures or never else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
