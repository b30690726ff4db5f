"""Every write to people, organisations, posts, roles and delegations: one verb, one transaction, one event."""

from yiwang.kernel.identity.services.accounts import (
    create_account,
    reset_password,
    set_active,
    set_language,
    set_large_print,
    update_account,
)
from yiwang.kernel.identity.services.clients import create_client, set_client_active
from yiwang.kernel.identity.services.delegations import delegate, revoke_delegation
from yiwang.kernel.identity.services.life import Parting, make_dormant, part, wake
from yiwang.kernel.identity.services.lockout import release as release_lock
from yiwang.kernel.identity.services.organizations import create_organization, create_post, update_organization
from yiwang.kernel.identity.services.passwords import choose as choose_password
from yiwang.kernel.identity.services.posts import choose_post, end_holding, give_post
from yiwang.kernel.identity.services.releases import refuse as refuse_password
from yiwang.kernel.identity.services.releases import release as release_password
from yiwang.kernel.identity.services.roles import SyncResult, create_role, set_role_permissions, sync_shipped_roles
from yiwang.kernel.identity.services.second_factor import demand_second_factor, remove_second_factor
from yiwang.kernel.identity.services.sessions import end_all as end_all_sessions
from yiwang.kernel.identity.services.sessions import end_others as end_other_sessions
from yiwang.kernel.identity.services.sessions import end_own as end_session
from yiwang.kernel.identity.services.setting_up import make_administrators

__all__ = [
    "Parting", "SyncResult", "choose_password", "choose_post", "create_account", "create_client", "create_organization",
    "create_post", "create_role", "delegate", "demand_second_factor", "end_all_sessions", "end_holding",
    "end_other_sessions", "end_session", "give_post", "make_administrators", "make_dormant", "part", "refuse_password", "release_lock",
    "release_password", "remove_second_factor", "reset_password", "revoke_delegation", "set_active", "set_client_active", "set_language",
    "set_large_print", "set_role_permissions", "sync_shipped_roles", "update_account", "update_organization", "wake",
]  # fmt: skip
