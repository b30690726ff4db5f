"""Refusals about files: each says what is wrong with the file and what to do."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class NoFile(ProblemError):
    code: ClassVar[str] = "files.none"
    title: ClassVar[Any] = _("No file arrived")
    hint: ClassVar[Any] = _("Choose a photo or file and send it again. If you took a photo, wait until its preview is shown.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class EmptyFile(ProblemError):
    name: str = ""
    code: ClassVar[str] = "files.empty"
    title: ClassVar[Any] = _("This file is empty")
    hint: ClassVar[Any] = _("The file %(name)s has 0 bytes: it was not saved completely on your device. Take the photo again.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class TooLarge(ProblemError):
    limit_mb: int
    name: str = ""
    code: ClassVar[str] = "files.too-large"
    title: ClassVar[Any] = _("This file is too large")
    hint: ClassVar[Any] = _("A file may have %(limit_mb)s MB. Take a photo with fewer pixels, or a shorter film, and send that.")
    status: ClassVar[int] = 413


@dataclass(kw_only=True, eq=False)
class UnsupportedType(ProblemError):
    name: str = ""
    found: str = ""
    code: ClassVar[str] = "files.unsupported-type"
    title: ClassVar[Any] = _("This kind of file is not taken")
    hint: ClassVar[Any] = _(
        "Taken are photos (JPEG, PNG, WebP), PDF, Word and Excel files without macros, sound (MP3, WAV, M4A) and films (MP4). "
        "What counts is the content, not the name."
    )
    status: ClassVar[int] = 415


@dataclass(kw_only=True, eq=False)
class HeicPhoto(UnsupportedType):
    code: ClassVar[str] = "files.heic"
    title: ClassVar[Any] = _("Photos in the HEIC format cannot be opened here")
    hint: ClassVar[Any] = _("On an iPhone choose Settings, Camera, Formats, Most Compatible, take the photo again and send it.")


@dataclass(kw_only=True, eq=False)
class BrokenFile(ProblemError):
    name: str = ""
    code: ClassVar[str] = "files.broken"
    title: ClassVar[Any] = _("This file is damaged")
    hint: ClassVar[Any] = _("It could not be read to the end. Take the photo again, or save the file again, and send that.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class TooManyPixels(ProblemError):
    width: int
    height: int
    limit_mp: int
    code: ClassVar[str] = "files.too-many-pixels"
    title: ClassVar[Any] = _("This picture has too many pixels")
    hint: ClassVar[Any] = _(
        "It has %(width)s × %(height)s pixels; %(limit_mp)s million are taken. Send a photo as the camera makes it."
    )
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class PhotoNeeded(ProblemError):
    code: ClassVar[str] = "files.photo-needed"
    title: ClassVar[Any] = _("A photo is missing")
    hint: ClassVar[Any] = _("Take at least one photo of the place. Who handles the matter needs to see what you see.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class Infected(ProblemError):
    name: str = ""
    signature: str = ""  # what the scanner calls it
    sha256: str = ""
    code: ClassVar[str] = "files.infected"
    title: ClassVar[Any] = _("This file contains a virus")
    hint: ClassVar[Any] = _("It was not stored. Have your device checked, then send a clean file.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class ScannerDown(ProblemError):
    retry_after_s: int = 60
    code: ClassVar[str] = "files.scanner-down"
    title: ClassVar[Any] = _("Files cannot be checked for viruses at the moment")
    hint: ClassVar[Any] = _("Nothing was stored. Try again in a minute; tell the administrator if it goes on.")
    status: ClassVar[int] = 503


@dataclass(kw_only=True, eq=False)
class NotYetScanned(ProblemError):
    retry_after_s: int = 300
    code: ClassVar[str] = "files.not-yet-scanned"
    title: ClassVar[Any] = _("This file waits for its virus check")
    hint: ClassVar[Any] = _("It was taken in while the check was out of order, and is shown once it has passed. Try again in a few minutes.")
    status: ClassVar[int] = 409


@dataclass(kw_only=True, eq=False)
class StoreFull(ProblemError):
    code: ClassVar[str] = "files.store-full"
    title: ClassVar[Any] = _("The file could not be stored")
    hint: ClassVar[Any] = _("The disk of the platform is full or cannot be written. Tell the administrator; nothing was kept.")
    status: ClassVar[int] = 507


@dataclass(kw_only=True, eq=False)
class NotYours(ProblemError):
    uids: tuple[str, ...]
    code: ClassVar[str] = "files.not-yours"
    title: ClassVar[Any] = _("Some files can no longer be attached")
    hint: ClassVar[Any] = _("They were sent by somebody else, belong to another case, or waited longer than a day. Send them again.")


@dataclass(kw_only=True, eq=False)
class NoFont(ProblemError):
    code: ClassVar[str] = "paper.no-font"
    title: ClassVar[Any] = _("This machine has no Chinese font to print with")
    hint: ClassVar[Any] = _("Install one and try again (Debian: apt-get install fonts-wqy-microhei).")
    status: ClassVar[int] = 503
