"""What the base databases refuse."""


from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


class NoPurpose(ProblemError):
    """Somebody wants to know of a person and does not say what for."""

    code = "datahub.base.no-purpose"
    title = _("Say what you need it for.")
    hint = _("A reading names its purpose, the law that allows it and the number of the case. Nothing was read.")
    status = 422


class AlreadySettled(ProblemError):
    """The question was answered by somebody else meanwhile."""

    code = "datahub.base.settled"
    title = _("This question is settled already.")
    hint = _("Take the next one; what was decided can be seen and taken back on the page of the golden record.")
    status = 409


class SecondPersonNeeded(ProblemError):
    """Whoever said it first cannot confirm it."""

    code = "datahub.base.second-person"
    title = _("A second person has to confirm this.")
    hint = _("Two people with one number, or one with two, become one record only when two data stewards say so.")
    status = 409


class NotMergeable(ProblemError):
    """The two records cannot become one, or the merge cannot be taken back."""

    code = "datahub.base.not-mergeable"
    title = _("This cannot be done with these records.")
    hint = _("One of them has changed meanwhile. Open its page again and look at what it is now.")
    status = 409
