"""Registration: how suppliers join the register, from a first draft to a published profile."""

from matcher.registration.completeness import Completeness, Missing, completeness_of
from matcher.registration.directory import Directory, Likeness, SimilarProfile
from matcher.registration.preview import ProfilePreview, preview_of
from matcher.registration.registrations import Registration, Registrations

__all__ = [
    "Completeness",
    "Directory",
    "Likeness",
    "Missing",
    "ProfilePreview",
    "Registration",
    "Registrations",
    "SimilarProfile",
    "completeness_of",
    "preview_of",
]
