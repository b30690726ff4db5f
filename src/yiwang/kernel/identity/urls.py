"""Sign-in and sign-out (allauth's own views, only the doors we open), and the pages of people and posts."""

from allauth.account import views
from django.urls import include, path

from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.pages import accounts, clients, delegations, organizations, roles

_pages = [
    path("people/", accounts.accounts, name="accounts"),
    path("people/new/", accounts.new_account, name="new_account"),
    path("people/<uuid:uid>/", accounts.account, name="account"),
    path("people/<uuid:uid>/change/", accounts.change_account, name="change_account"),
    path("people/<uuid:uid>/password/", accounts.reset_password, name="reset_password"),
    path("people/<uuid:uid>/active/", accounts.set_active, name="set_active"),
    path("people/<uuid:uid>/posts/", accounts.give_post, name="give_post"),
    path("holdings/<int:holding_id>/end/", accounts.end_holding, name="end_holding"),
    path("organizations/", organizations.organizations, name="organizations"),
    path("organizations/new/", organizations.new_organization, name="new_organization"),
    path("organizations/<uuid:uid>/", organizations.organization, name="organization"),
    path("organizations/<uuid:uid>/change/", organizations.change_organization, name="change_organization"),
    path("organizations/<uuid:uid>/posts/", organizations.new_post, name="new_post"),
    path("roles/", roles.roles, name="roles"),
    path("roles/new/", roles.new_role, name="new_role"),
    path("roles/<str:code>/", roles.role, name="role"),
    path("delegations/", delegations.delegations, name="delegations"),
    path("delegations/all/", delegations.all_delegations, name="all_delegations"),
    path("delegations/<int:delegation_id>/revoke/", delegations.revoke_delegation, name="revoke_delegation"),
    path("clients/", clients.clients, name="clients"),
    path("clients/<uuid:uid>/active/", clients.set_client_active, name="set_client_active"),
]

urlpatterns = [
    path("login/", door(public=True)(views.login), name="account_login"),
    path("logout/", door(public=True)(views.logout), name="account_logout"),
    path("password/change/", door(signed_in=True)(views.password_change), name="account_change_password"),
    path("signup/", door(public=True)(views.signup), name="account_signup"),
    path("inactive/", door(public=True)(views.account_inactive), name="account_inactive"),
    path("reauthenticate/", door(signed_in=True)(views.reauthenticate), name="account_reauthenticate"),
    path("password/reset/", door(public=True)(views.login), name="account_reset_password"),
    path("email/", door(signed_in=True)(views.password_change), name="account_email"),
    path("", include((_pages, "identity"))),
]
