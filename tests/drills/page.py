"""docs/drills.md: what was broken, how often, and what became of it."""

from statistics import median

INTRODUCTION = """# What is broken on purpose

Written by `make drills`, which breaks a deployment in every way below while a bank loads it from four sides:
with single transfers, batches, repetitions and reports. After each the log is compared with a ledger of everything
that was acknowledged, and each vector with the one that a state gives that lived through all of it without a pause.

- **lost**: acknowledged, and not in the log with the very bytes of its answer; or held, and without a hold
  that is in force in the Center's book;
- **doubled**: in the log or held more than once, or never sent; of an import: what it left lying about;
- **wrong features**: vectors that differ, in any feature, from those of an uninterrupted life; of imports: those that
  are not, byte by byte, what an undisturbed one writes;
- **blind**: decided without something (its time was over, a list was too old to be sure), which the answer says;
- **recovery** is a figure of this machine and no limit. What is timed stands in the last column.

A short version of each is part of `make test`.
"""


def page(rows, machine):
    """Return the page; a row is a drill, what it found, and how often the fault came."""
    return "\n".join(
        [
            INTRODUCTION,
            "| Fault | Times | Acknowledged | Lost | Doubled | Wrong | Blind | Recovery: median, worst | Since |",
            "|---|---|---|---|---|---|---|---|---|",
            *(f"| {' | '.join([drill.fault, *cells(found, times), drill.recovery])} |" for drill, found, times in rows),
            "",
            "## How it shows",
            "",
            "| Fault | The log or the command says | Shown by |",
            "|---|---|---|",
            *(f"| {drill.fault} | {found.log} | `{found.metric}` |" for drill, found, _ in rows),
            "",
            "## Machine",
            "",
            *(f"- {name}: {value}" for name, value in machine.items()),
            "",
        ]
    )


def cells(found, times):
    """Return the figures of one drill, as they are shown."""
    verdict = found.verdict
    counts = (times, verdict.acknowledged, verdict.lost, verdict.doubled, verdict.wrong_features, verdict.blind)
    return [
        *("-" if count is None else f"{count:,}" for count in counts),
        f"{median(found.recovery):,.2f} s, {max(found.recovery):,.2f} s",
    ]
