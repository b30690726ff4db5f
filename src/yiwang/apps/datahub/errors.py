"""What the data centre refuses."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


class LakeBusy(ProblemError):
    """The lake's programs had not the memory or the time that the work wanted."""

    code = "datahub.lake.busy"
    title = _("The data could not be read in the time or memory allowed.")
    hint = _("Ask for fewer rows or columns, or try again when less runs.")
    status = 503
