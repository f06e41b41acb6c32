"""A page that watches one submission."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
