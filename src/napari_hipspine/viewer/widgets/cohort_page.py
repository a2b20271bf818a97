"""The tab that measures a cohort: a page of the statistics dock that also opens finished subjects."""

from __future__ import annotations

from functools import partial

from ...domain.cohort import CohortEntry
from ..cohort_openings import open_finished
from ..cohort_work import finished_entries
from ..workers import BackgroundWork, refusals_told
from .cohort_editor import CohortEditor
from .cohort_subjects import CohortSubjects
from .study_page import StudyKind, StudyPage


class CohortPage(StudyPage):
    """Asks, measures, shows, and lists who is finished.

    Parameters
    ----------
    kind : StudyKind
        What it is for.
    editor : CohortEditor
        Manifest, folder and where the work is done.
    """

    def __init__(self, kind: StudyKind, editor: CohortEditor) -> None:
        super().__init__(kind, editor)
        self._looking: BackgroundWork | None = None
        self.subjects = CohortSubjects()
        self._outer.insertWidget(self._outer.indexOf(self.result), self.subjects)
        self.subjects.look_wished.connect(self.look)
        self.subjects.open_wished.connect(self._wish_to_open)
        self.ended.connect(self.look)
        editor.value_changed.connect(self._forget)
        self._forget()

    def look(self) -> None:
        """List the subjects that have results, off the main thread."""
        if self.editor.missing() or self._looking is not None:
            return
        wish = self.editor.value()
        looking = BackgroundWork(
            lambda _: (wish, finished_entries(wish)), says="looking for finished subjects", parent=self, is_quiet=True
        )
        self._looking = looking
        looking.done.connect(self._list)
        looking.ended.connect(self._stop_looking)
        looking.start()

    def _list(self, found: tuple[object, tuple[CohortEntry, ...]]) -> None:
        wish, entries = found
        # Another folder may have been chosen meanwhile.
        if wish == self.editor.value():
            self.subjects.set_value(entries)

    def _stop_looking(self) -> None:
        self._looking = None

    def _forget(self) -> None:
        self.subjects.set_value(())
        self.subjects.forbid_looking(self.editor.missing())

    def _wish_to_open(self, entry: CohortEntry) -> None:
        with refusals_told():
            self.subject_wished.emit(partial(open_finished, entry, self.editor.value().settings))
