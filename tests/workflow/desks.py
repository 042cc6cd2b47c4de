"""A desk on in-memory parts, open and ready."""

from antifraud.workflow.decide import Desk
from antifraud.workflow.live import LiveState
from antifraud.workflow.report import ReportDesk
from tests.workflow.memory import (
    FanInScorer,
    FraudKnown,
    MemoryLog,
    NothingListed,
    Stopwatch,
    Ticks,
    rebuilt_from,
    render,
)


class Office:
    """Both desks, on one log, one state and one clock."""

    def __init__(self, **parts):
        self.log = MemoryLog()
        self.live = LiveState(lambda: rebuilt_from(self.log))
        self.clock = Ticks()
        self.watch = Stopwatch()
        self.desk = Desk(
            **{
                "log": self.log,
                "live": self.live,
                "clock": self.clock,
                "scorer": FanInScorer(),
                "rules": FraudKnown(),
                "lists": NothingListed(),
                "catalogue_version": "c1",
                "render": render,
                "watch": self.watch,
            }
            | parts
        )
        self.reports = ReportDesk(log=self.log, live=self.live, clock=self.clock, in_time=self.desk.in_time)

    @property
    def state(self):
        with self.live as features:
            return features

    @classmethod
    async def opened(cls, **parts):
        office = cls(**parts)
        await office.live.reopen()
        return office

    async def one(self, request):
        (answer,) = await self.desk.decide([request])
        return answer

    def recorded(self, request):
        return self.log.rows[request.participant, request.transfer_id]
