"""All pages of the console, topic by topic."""

from typing import Final

from fastapi import APIRouter

from api.console import (
    accounts,
    assets,
    case,
    deciding,
    entering,
    incidents,
    indicators,
    inquiries,
    lists,
    overview,
    queue,
    returns,
)

router: Final = APIRouter(include_in_schema=False)
for topic in (
    entering,
    queue,
    case,
    incidents,
    inquiries,
    returns,
    lists,
    indicators,
    accounts,
    overview,
    deciding,
    assets,
):
    router.include_router(topic.router)
