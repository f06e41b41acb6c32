"""What people say about themselves."""

from __future__ import annotations

import time

from fastapi import APIRouter

from api.dependencies import ServicesDep  # noqa: TC001 - FastAPI reads it at run time
from api.errors import documented
from api.language import known_language
from api.schemas_people import ProfileIn, ProfileOut
from api.security import PrincipalDep  # noqa: TC001 - as above
from store import repository
from store.engine import transaction

router = APIRouter(prefix="/api/v1", tags=["mine"])


@router.patch("/me", responses=documented("bad_request", "unauthenticated", "forbidden", "validation_failed"))
def patch_me(new: ProfileIn, services: ServicesDep, who: PrincipalDep) -> ProfileOut:
    """Your name as others read it, and the language that pages speak to you."""
    language = new.language if "language" in new.model_fields_set else known_language(who.language)
    with transaction(services.engine) as session:
        user = repository.change_profile(
            session, who.user_id, display_name=new.display_name, language=language, now=time.time()
        )
        return ProfileOut(
            user=user.name, display_name=user.display_name, email=user.email, language=language
        )
