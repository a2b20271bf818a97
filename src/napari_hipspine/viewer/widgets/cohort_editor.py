"""Every choice of a cohort run: the manifest, where results go, and where the work is done."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLineEdit, QVBoxLayout, QWidget

from ...domain.protocol import FatMethod
from ..cohort_work import CohortWish
from .small_parts import PathRow, choice_box, choose_value, number_box, set_reason, wrapped_label

_METHODS = (("what fits each image", None), *((one.value, one) for one in FatMethod if one is not FatMethod.MANUAL))
_MOST_WORKERS = 64
_ABOUT = (
    "Measures every row of a manifest once. What is there already and still true is kept; cancelled, closed or broken "
    "off, the same choices go on where it stopped."
)


class CohortEditor(QWidget):
    """Manifest, results, workers.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._manifest = PathRow("CSV with subject_id, image (or water and fat), labels, …")
        self._folder = PathRow("Folder for the results")
        self._workers = number_box(0, _MOST_WORKERS, 0)
        self._workers.setSpecialValueText("this process")
        self._workers.setToolTip("Processes of this computer; each measures one subject at a time")
        self._scheduler = QLineEdit()
        self._scheduler.setPlaceholderText("tcp://HOST:PORT")
        self._method = choice_box(_METHODS, tooltip="How fat is told from lean muscle, for all rows")
        form = QFormLayout()
        form.addRow("Manifest", self._manifest)
        form.addRow("Results", self._folder)
        form.addRow("Fat method", self._method)
        form.addRow("Workers", self._workers)
        form.addRow("Scheduler", self._scheduler)
        column = QVBoxLayout(self)
        column.addWidget(wrapped_label(_ABOUT))
        column.addLayout(form)
        column.addStretch(1)
        changes = (self._manifest.value_changed, self._folder.value_changed, self._workers.valueChanged)
        for signal in (*changes, self._scheduler.textChanged, self._method.currentIndexChanged):
            signal.connect(lambda *_: self._tell())
        self._tell()

    def missing(self) -> str:
        """What is still to be given; empty when nothing is."""
        if not self._manifest.value():
            return "Give a manifest first."
        return "" if self._folder.value() else "Give a folder for the results first."

    def value(self) -> CohortWish:
        """The choices."""
        has_scheduler = bool(self._scheduler.text().strip())
        return CohortWish(
            self._manifest.value(),
            self._folder.value(),
            0 if has_scheduler else self._workers.value(),
            self._scheduler.text().strip(),
            self._method.currentData(),
        )

    def set_value(self, wish: CohortWish) -> None:
        """Show choices."""
        self._manifest.set_value(wish.manifest)
        self._folder.set_value(wish.folder)
        self._workers.setValue(wish.n_workers)
        self._scheduler.setText(wish.scheduler)
        choose_value(self._method, wish.fat_method)
        self._tell()

    def _tell(self) -> None:
        elsewhere = "The scheduler's workers do it." if self._scheduler.text().strip() else ""
        set_reason(
            self._workers, elsewhere, otherwise="Processes of this computer; each measures one subject at a time"
        )
        self._scheduler.setToolTip("Address of a dask cluster that is running; empty: this computer")
        self.value_changed.emit()
