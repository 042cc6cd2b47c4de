"""All pages of the console, topic by topic."""

from typing import Final

from fastapi import APIRouter

from api.console import accounts, assets, case, deciding, entering, queue

router: Final = APIRouter(include_in_schema=False)
for topic in (entering, queue, case, accounts, deciding, assets):
    router.include_router(topic.router)
