"""Sign-in and sign-out (allauth's own views, only the doors we open), and the pages of people and posts."""

from allauth.account import views
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path

from yiwang.kernel.base import rates
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.pages import accounts, clients, delegations, organizations, own, roles, safety

_pages = [
    path("people/", accounts.accounts, name="accounts"),
    path("people/new/", accounts.new_account, name="new_account"),
    path("people/<uuid:uid>/", accounts.account, name="account"),
    path("people/<uuid:uid>/change/", accounts.change_account, name="change_account"),
    path("people/<uuid:uid>/password/", accounts.reset_password, name="reset_password"),
    path("people/<uuid:uid>/active/", accounts.set_active, name="set_active"),
    path("people/<uuid:uid>/posts/", accounts.give_post, name="give_post"),
    path("holdings/<int:holding_id>/end/", accounts.end_holding, name="end_holding"),
    path("people/<uuid:uid>/sessions/end/", safety.end_sessions, name="end_sessions"),
    path("people/<uuid:uid>/second-factor/remove/", safety.remove_second_factor, name="remove_second_factor"),
    path("people/<uuid:uid>/wake/", safety.wake, name="wake"),
    path("people/<uuid:uid>/part/", safety.part, name="part"),
    path("locks/", safety.locks, name="locks"),
    path("locks/<int:lock_id>/release/", safety.release_lock, name="release_lock"),
    path("given-passwords/", safety.given_passwords, name="given_passwords"),
    path("given-passwords/<int:given_id>/release/", safety.release_password, name="release_password"),
    path("given-passwords/<int:given_id>/refuse/", safety.refuse_password, name="refuse_password"),
    path("sessions/", own.sessions, name="sessions"),
    path("sessions/end/", own.end_others, name="end_other_sessions"),
    path("sessions/<uuid:uid>/end/", own.end_session, name="end_session"),
    path("organizations/", organizations.organizations, name="organizations"),
    path("organizations/new/", organizations.new_organization, name="new_organization"),
    path("organizations/<uuid:uid>/", organizations.organization, name="organization"),
    path("organizations/<uuid:uid>/change/", organizations.change_organization, name="change_organization"),
    path("organizations/<uuid:uid>/posts/", organizations.new_post, name="new_post"),
    path("roles/", roles.roles, name="roles"),
    path("roles/new/", roles.new_role, name="new_role"),
    path("roles/<str:code>/", roles.role, name="role"),
    path("roles/<str:code>/second-factor/", safety.demand_second_factor, name="demand_second_factor"),
    path("delegations/", delegations.delegations, name="delegations"),
    path("delegations/all/", delegations.all_delegations, name="all_delegations"),
    path("delegations/<int:delegation_id>/revoke/", delegations.revoke_delegation, name="revoke_delegation"),
    path("clients/", clients.clients, name="clients"),
    path("clients/<uuid:uid>/active/", clients.set_client_active, name="set_client_active"),
]

_again = door(signed_in=True, limit=rates.PASSWORD)
_mine = door(signed_in=True)
_second_factor = [
    path("2fa/", _mine(mfa.index), name="mfa_index"),
    path("2fa/authenticate/", door(public=True, limit=(rates.OPEN_PAGE, rates.SIGN_IN))(mfa.authenticate), name="mfa_authenticate"),
    path("2fa/reauthenticate/", _again(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", _again(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", _again(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", _mine(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", _again(recovery_codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("2fa/keys/", _mine(mfa.index), name="mfa_list_webauthn"),
    path("2fa/keys/add/", _again(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("2fa/keys/reauthenticate/", _again(webauthn.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("2fa/keys/<int:pk>/remove/", _mine(webauthn.remove_webauthn), name="mfa_remove_webauthn"),
    path("2fa/keys/<int:pk>/edit/", _mine(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
]

urlpatterns = [
    path("login/", door(public=True, limit=(rates.OPEN_PAGE, rates.SIGN_IN))(views.login), name="account_login"),
    path("logout/", door(public=True, limit=rates.OPEN_PAGE)(own.leaving(views.logout)), name="account_logout"),
    path("password/change/", door(signed_in=True, limit=rates.PASSWORD)(views.password_change), name="account_change_password"),
    path("signup/", door(public=True, limit=rates.OPEN_PAGE)(views.signup), name="account_signup"),
    path("inactive/", door(public=True, limit=rates.OPEN_PAGE)(views.account_inactive), name="account_inactive"),
    path("reauthenticate/", door(signed_in=True, limit=rates.PASSWORD)(views.reauthenticate), name="account_reauthenticate"),
    path("password/reset/", door(public=True, limit=(rates.OPEN_PAGE, rates.SIGN_IN))(views.login), name="account_reset_password"),
    path("email/", door(signed_in=True, limit=rates.PASSWORD)(views.password_change), name="account_email"),
    *_second_factor,
    path("", include((_pages, "identity"))),
]
