"""Where a permission holds."""

from yiwang.kernel.base.actor import Actor


def anywhere(actor: Actor, permission: str) -> dict[str, str]:
    """Return a place where the permission holds: which rows are seen is the queryset's affair."""
    scopes = actor.scopes(permission)
    return {"area_path": scopes[0].area_path, "org_path": scopes[0].org_path} if scopes else {}
