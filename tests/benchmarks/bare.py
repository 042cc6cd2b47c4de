"""The bare route that decisions are measured against: FastAPI with the same models, deciding nothing."""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import ConfigDict

from antifraud.domain.decision import Action
from api.clock import utc_now
from api.schemas import DecisionOut, TransferIn

app = FastAPI()


class BareTransferIn(TransferIn):
    """The same model; FastAPI hands it Python values, in which strict mode knows no enums."""

    model_config = ConfigDict(strict=False)


@app.post("/v1/decisions", status_code=201)
async def decide(transfer: BareTransferIn) -> DecisionOut:
    """Allow everything."""
    return DecisionOut(
        transfer_id=transfer.transfer_id,
        action=Action.ALLOW,
        score=0.01,
        reasons=[],
        evidence=[],
        warning=None,
        received_at=utc_now(),
        model_version="none",
        catalogue_version="none",
        policy_version="none",
        rules_version="none",
        request_id="none",
        degraded=[],
    )


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
    )
