"""What can go wrong, said so that a person can act on it."""

from __future__ import annotations


class HipSpineError(Exception):
    """A refusal with a message, a hint and an exit code.

    Parameters
    ----------
    message : str
        What was expected, what was found and where.
    hint : str, optional
        What to do next.
    """

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.hint)


def _rebuild(kind: type[HipSpineError], message: str, hint: str) -> HipSpineError:
    """Carry an error across processes; keyword-only arguments do not survive pickling by themselves."""
    return kind(message, hint=hint)


class InvalidChoice(HipSpineError):
    """A setting or argument outside what is allowed."""


class VocabularyInvalid(HipSpineError):
    """The vocabulary table contradicts itself or carries a code known to be wrong."""


class UnreadableImage(HipSpineError):
    """A file that is no image we know, is damaged, or whose geometry is no regular grid."""


class SeriesAmbiguous(HipSpineError):
    """More than one volume in one place; one has to be chosen."""


class GridMismatch(HipSpineError):
    """Two volumes that do not lie on the same grid."""


class UnknownLabel(HipSpineError):
    """Label values, muscles or sides that cannot be given a meaning."""


class SideContradiction(HipSpineError):
    """Left and right of a label map disagree with the patient's left and right."""


class ContrastUnknown(HipSpineError):
    """Contrast or fat polarity that nobody has stated."""


class PolarityContradiction(HipSpineError):
    """The declared fat polarity and the picture disagree."""


class FatSuppressed(HipSpineError):
    """A threshold for fat on a series whose fat signal was suppressed."""


class TableInvalid(HipSpineError):
    """A table with missing columns, double keys or values outside their range."""


class PackageMissing(HipSpineError):
    """An optional package is needed for what was asked."""


class WeightsMissing(HipSpineError):
    """A package is there, and the trained weights it needs are not."""


class ToolFailed(HipSpineError):
    """Another program was run, and it ended without the result it was asked for."""


class Cancelled(HipSpineError):
    """The user stopped a long piece of work; nothing was written."""
