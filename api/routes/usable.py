"""What of an account stays usable while money of it is held."""

from collections import Counter
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path

from antifraud.domain.center.policy import CenterPolicy
from antifraud.workflow.center.living import Left, left_for_living
from api.auth import Caller, Scope
from api.looking import personal
from api.routes.access import DOCUMENTED_KEYS, TheEngine, caller_with, refusals
from api.schemas import Account
from api.views.hold import UsableOut

router: Final = APIRouter(tags=["holds"], dependencies=DOCUMENTED_KEYS)


@router.get(
    "/v1/accounts/{account}/usable",
    operation_id="getUsable",
    response_description="What may still be spent on living",
    responses=refusals(401, 403, 404, 422, 503),
)
@personal
async def get_usable(
    account: Annotated[Account, Path()],
    engine: TheEngine,
    caller: Annotated[Caller, Depends(caller_with(Scope.READ_HOLDS))],
) -> UsableOut:
    """Say how much of an account with held money may still pay taxes, utilities and loans.

    Up to what came in as social payments (pensions, benefits, wages, scholarships) within the policy's window. Only
    the bank that holds money of the account may ask, and an auditor: 404 for everybody else.
    """
    now, policy = engine.center.now(), engine.center.policy
    left = await engine.center.read(lambda page: left_for_living(page, account, caller.actor, policy, now))
    await engine.looks.note(caller, left.holds, accounts=[account])
    return _shown(account, left, policy)


def _shown(account: str, left: Left, policy: CenterPolicy) -> UsableOut:
    held: Counter[str] = Counter()
    for hold in left.holds:
        held[hold.birth.currency] += hold.held_minor
    return UsableOut(
        account=account,
        held_minor=dict(held),
        inflow_minor=left.usable.inflow_minor,
        spent_minor=left.usable.spent_minor,
        usable_minor=left.usable.usable_minor,
        since=left.since,
        purposes=sorted(code for each in policy.living_costs for code in each.codes),
        policy_version=policy.version,
    )
