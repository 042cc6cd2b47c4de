"""What the bodies of acts have in common."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from antifraud.domain.money import MAX_AMOUNT_MINOR

STRICT: Final = ConfigDict(strict=True, extra="forbid", frozen=True)

Reason = Annotated[
    str,
    Field(
        min_length=3,
        max_length=2_000,
        pattern=r"\S",
        description="Why, in words that another person understands.",
        examples=["The client came with the seller and the contract."],
    ),
]
Ground = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=500,
        description="What it rests on: an article, a decree, the number of a document.",
        examples=["Order 12-7 of 20.03.2026"],
    ),
]

Amount = Annotated[
    int, Field(gt=0, le=MAX_AMOUNT_MINOR, description="In minor units of the currency.", examples=[1_500_000])
]


class ActIn(BaseModel):
    """What every act says: no bare buttons."""

    model_config = STRICT

    reason: Reason
    ground: Ground = None
