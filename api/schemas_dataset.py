"""What the API answers about own data sets."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class ClassOut(_Out):
    name: str
    rows: int
    share: float


class ValuesOut(_Out):
    min: float
    max: float
    mean: float


class FeatureOut(ValuesOut):
    name: str


class DatasetFactsOut(_Out):
    rows: int
    input_shape: list[int]
    classes: list[ClassOut]
    values: ValuesOut = Field(description="Over all features together")
    features: list[FeatureOut] = Field(description="Empty for images, and for more than 500 features")
    duplicates: int = Field(description="Rows that equal an earlier one in all features")
    contradictions: int = Field(description="Those of the duplicates that carry another label")


class DatasetOut(_Out):
    name: str = Field(description="What a spec names as its `dataset`")
    course: str
    sha256: str = Field(description="Of the arrays: x as float32, then y as int64")
    facts: DatasetFactsOut
    warnings: list[str]
    author: str
    created_at: float = Field(description="UTC seconds since the epoch")
    links: dict[str, str]


class DatasetsOut(_Out):
    items: list[DatasetOut]
    next: str | None = Field(description="The address of those after these")
