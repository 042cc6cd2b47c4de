"""Put somebody or something on a list, and take it off again: what each role may do about an entry."""

from datetime import datetime, timedelta
from typing import Final

from antifraud.domain.center.calendar import end_of_working_day
from antifraud.domain.center.indicator import Indicator, SeenAgain, Spotted
from antifraud.domain.center.listing import Listing, ListingStatus
from antifraud.domain.center.listing_acts import Agreed, Appealed, Listed
from antifraud.domain.center.people import Actor
from antifraud.domain.center.policy import ListTerms
from antifraud.domain.errors import Conflict
from antifraud.workflow.center.moving import move
from antifraud.workflow.center.ports import Page

_STANDING: Final = frozenset(
    {
        ListingStatus.PROPOSED,
        ListingStatus.GREY,
        ListingStatus.BLACK,
        ListingStatus.GREY_APPEALED,
        ListingStatus.BLACK_APPEALED,
    }
)


def list_subject(page: Page, act: Listed, terms: ListTerms) -> tuple[Listing, bool]:
    """Return the entry that an act begins, and False; or the one this participant has about it already, and True."""
    for known in page.found_by(Listing, f"{act.subject}:{act.ident}"):
        mine = known.birth.by.participant == act.by.participant
        if mine and known.status in _STANDING and (known.status is ListingStatus.PROPOSED or known.shade(act.at)):
            return known, True
    fresh = Listing.begin(page.new_id(act.at), act, until=act.until or act.at + timedelta(days=terms.grey_days))
    return page.act(None, fresh, act), False


def agree(page: Page, life_id: str, version: int | None, by: Actor, at: datetime, terms: ListTerms) -> Listing:
    """Make a proposal of one's own bank grey, as its second person, for as long as was proposed."""
    listing = page.get(Listing, life_id, version)
    return move(page, listing, Agreed(by=by, at=at, until=listing.birth.until or at + timedelta(days=terms.grey_days)))


def appeal(
    page: Page, life_id: str, version: int | None, by: Actor, at: datetime, words: str, terms: ListTerms
) -> Listing:
    """Carry an appeal of the person to the police; the term for their answer begins now."""
    listing = page.get(Listing, life_id, version)
    answer_by = end_of_working_day(at, terms.appeal_working_days)
    return move(page, listing, Appealed(by=by, at=at, words=words, answer_by=answer_by))


def spot(page: Page, act: Spotted) -> tuple[Indicator, bool]:
    """Return the indicator that a finding begins, and False; or the one it makes surer, and True."""
    for known in page.found_by(Indicator, f"{act.kind}:{act.ident} by {act.by.participant}"):
        if known.counts(act.at):
            if known.birth.fraud_type != act.fraud_type:
                raise Conflict(f"indicator {known.life_id} says {known.birth.fraud_type}: withdraw it first")
            again = SeenAgain(by=act.by, at=act.at, reason=act.reason, confidence=act.confidence, until=act.until)
            return move(page, known, again), True
    return page.act(None, Indicator.begin(page.new_id(act.at), act), act), False
