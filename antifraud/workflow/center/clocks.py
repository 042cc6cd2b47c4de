"""What clocks bring about for incidents: the money is looked for again, and what nobody needs is closed."""

from antifraud.domain.center.act import Act
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import Closed, TraceDue
from antifraud.domain.center.life import Life
from antifraud.domain.center.trace import TracePolicy
from antifraud.workflow.center.freeing import wind_up
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.trace import follow_money


def after_clock(page: Page, life: Life, act: Act, policy: TracePolicy) -> None:
    """Do what follows from an act of a clock, in its transaction: for `tick`."""
    match life, act:
        case Incident(), TraceDue():
            follow_money(page, life, policy, act.at)
        case Incident(), Closed():
            wind_up(page, life.life_id, act.at, "the incident was closed")
        case _:
            pass
