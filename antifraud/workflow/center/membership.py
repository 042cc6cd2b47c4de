"""Write into the journal who lets whom act for a participant."""

from antifraud.domain.center.act import Act
from antifraud.domain.center.membership import Membership
from antifraud.domain.center.membership_acts import Joined
from antifraud.domain.errors import Conflict
from antifraud.workflow.center.moving import move
from antifraud.workflow.center.ports import Page


def join(page: Page, act: Joined) -> Membership:
    """Begin a membership; raise Conflict if the participant has one."""
    if page.found_by(Membership, f"participant:{act.participant}"):
        raise Conflict(f"participant {act.participant} is registered already")
    return page.act(None, Membership.begin(page.new_id(act.at), act), act)


def note(page: Page, joined: Joined, act: Act) -> Membership:
    """Add an act to a participant's membership; `joined` begins it when the participant is older than the journal."""
    known = page.found_by(Membership, f"participant:{joined.participant}")
    return move(page, known[0] if known else join(page, joined), act)
