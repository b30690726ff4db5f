"""Sign-in and sign-out (allauth's own views, only the doors we open)."""

from allauth.account import views
from django.urls import path

from yiwang.kernel.identity.doors import door

urlpatterns = [
    path("login/", door(public=True)(views.login), name="account_login"),
    path("logout/", door(public=True)(views.logout), name="account_logout"),
    path("password/change/", door(signed_in=True)(views.password_change), name="account_change_password"),
    path("signup/", door(public=True)(views.signup), name="account_signup"),
    path("inactive/", door(public=True)(views.account_inactive), name="account_inactive"),
    path("reauthenticate/", door(signed_in=True)(views.reauthenticate), name="account_reauthenticate"),
    path("password/reset/", door(public=True)(views.login), name="account_reset_password"),
    path("email/", door(signed_in=True)(views.password_change), name="account_email"),
]
