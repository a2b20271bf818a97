"""Tools that go beyond one stroke: filling, carrying on, mirroring, tidying, copying; marks and approvals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ...domain.errors import InvalidChoice
from ...keeping.label_store_notes import FillNote
from ...keeping.label_store_status import Place
from ..fill_wish import Gaps, fill_wish, why_not_fill
from ..label_work import UNSURE_MM, LabelWork
from ..layer_link import LayerLink
from ..mirror_wish import MirrorWay, mirror_wish
from ..proposals import Proposal, why_not_paint
from ..series_work import SeriesWork
from ..session import Session
from ..shortcuts import Wish
from ..slice_wishes import CopiedSlice, carry_wish, copied_slice, pasted_slice
from ..tidy_wish import tidy_wish
from .muscles_panel import MusclesPanel
from .proposal_desk import ProposalDesk


class SliceActions:
    """Wishes about whole slices, fulfilled.

    Parameters
    ----------
    session : Session
        What is open.
    link : LayerLink
        Hand in the layer list.
    desk : ProposalDesk
        Where proposals are made.
    panel : MusclesPanel
        Says for which muscles, over how many slices, by which rules.
    visit : callable
        Takes a slice and a label value to go to.
    """

    def __init__(
        self,
        session: Session,
        link: LayerLink,
        desk: ProposalDesk,
        panel: MusclesPanel,
        *,
        visit: Callable[[int, int], None],
    ) -> None:
        self._session = session
        self._link = link
        self._desk = desk
        self._panel = panel
        self._visit = visit
        self._copied: CopiedSlice | None = None
        self._copied_from: LabelWork | None = None
        self.does: dict[Wish, Callable[[], None]] = {
            Wish.FILL: lambda: self._fill(Gaps.CHANGED),
            Wish.REFILL: lambda: self._fill(Gaps.ALL),
            Wish.CARRY_BACK: lambda: self._carry(-panel.n_slices),
            Wish.CARRY_ON: lambda: self._carry(panel.n_slices),
            Wish.MIRROR: lambda: self._mirror(MirrorWay.REFLECT),
            Wish.ADAPT: lambda: self._mirror(MirrorWay.ADAPT),
            Wish.TIDY: lambda: self.tidy([self._here()[0]]),
            Wish.COPY: self._copy,
            Wish.PASTE: self._paste,
            Wish.STARTS: lambda: self._mark_end("first"),
            Wish.ENDS: lambda: self._mark_end("last"),
            Wish.NEW_SLAB: lambda: self._kept().toggle_slab(self._here()[0]),
            Wish.NEXT_LOOK: self._next_look,
            Wish.APPROVE: lambda: self.approve([self._here()[0]]),
        }

    def reasons(self) -> dict[Wish, str]:
        """Why each wish cannot be fulfilled now; empty when it can."""
        work = self._session.work
        painting = why_not_paint(work)
        found = dict.fromkeys(self.does, painting)
        found[Wish.FILL] = found[Wish.REFILL] = why_not_fill(work)
        found[Wish.NEXT_LOOK] = "" if self.to_look_at() else "No filled slice is waiting for a look."
        has_copy = self._copied is not None and work is not None and work.label_work is self._copied_from
        found[Wish.PASTE] = painting or ("" if has_copy else "Copy a slice first.")
        return found

    def to_look_at(self) -> tuple[Place, ...]:
        """Places of which the fill that is proposed, or else earlier ones, are unsure; the worst first."""
        work, proposal = self._session.work, self._desk.proposal
        if proposal is not None and proposal.fills:
            return _doubtful(proposal.fills)
        return work.label_work.to_look_at if work is not None and work.label_work is not None else ()

    def values(self) -> tuple[int, ...]:
        """Label values that tools take: the one that is worked on, or all that are not locked."""
        if not self._panel.takes_all:
            return (self._here()[1],)
        strips = (strip for row in self._panel.strips.value() for strip in (row.left, row.right))
        locked = self._kept().store.locked
        return tuple(strip.value for strip in strips if strip is not None and strip.value not in locked)

    def tidy(self, slices: Iterable[int]) -> None:
        """Tidy muscles on some slices; shown first where that is more than the one on the screen."""
        wanted = list(slices)
        wish = tidy_wish(self._work(), self.values(), wanted, self._panel.tidy_rules())
        if wanted == [self._here()[0]]:
            self._take_if_it_changes(wish.run(_silently))
        else:
            self._desk.ask(wish, says="tidying")

    def tidy_every(self) -> None:
        """Tidy muscles on every slice."""
        self.tidy(range(self._work().volume.grid.shape[0]))

    def approve(self, slices: Iterable[int]) -> None:
        """Say that muscles are good on some slices."""
        wanted = list(slices)
        if not self._kept().approve(wanted, self.values()):
            where = f"on slice {wanted[0]}" if len(wanted) == 1 else "on any slice"
            raise InvalidChoice(
                f"Expected a muscle that was not approved yet, found none or only approved ones, {where}."
            )

    def approve_every(self) -> None:
        """Say that muscles are good on every slice."""
        self.approve(range(self._work().volume.grid.shape[0]))

    def approve_imported(self) -> None:
        """Say that everything that came from a file is good."""
        if not self._kept().approve_imported():
            raise InvalidChoice("Expected labels as they came from a file, found none that nobody has touched.")

    def _fill(self, gaps: Gaps) -> None:
        self._desk.ask(fill_wish(self._work(), gaps), says="filling between outlines")

    def _carry(self, n_slices: int) -> None:
        slice_index, values = self._here()[0], self.values()
        wish = carry_wish(self._work(), values, from_slice=slice_index, n_slices=n_slices)

        def go_there(proposal: Proposal) -> None:
            self._link.visit(slice_index + (1 if n_slices > 0 else -1))

        self._desk.ask(wish, says="carrying outlines on", shown=go_there)

    def _mirror(self, way: MirrorWay) -> None:
        self._desk.ask(mirror_wish(self._work(), self._here()[1], way), says="mirroring")

    def _copy(self) -> None:
        self._copied, self._copied_from = copied_slice(self._work(), self._here()[0]), self._kept()

    def _paste(self) -> None:
        if self._copied is not None:
            pasted = pasted_slice(self._work(), self._copied, to_slice=self._here()[0], values=self.values())
            self._take_if_it_changes(pasted)

    def _take_if_it_changes(self, proposal: Proposal) -> None:
        """One step for what changes only the slice on the screen; in words what it found besides."""
        if not proposal.slices:
            raise InvalidChoice(f"Expected something to change, found nothing: {proposal.describe()}.")
        self._desk.drop()
        self._desk.take(proposal)
        self._panel.set_said("; ".join(proposal.notes))

    def _next_look(self) -> None:
        places = self.to_look_at()
        if places:
            here = self._here()
            at = next((number for number, place in enumerate(places) if place == here), -1)
            self._visit(*places[(at + 1) % len(places)])

    def _mark_end(self, which: str) -> None:
        slice_index, active = self._here()
        self._kept().set_extent(active, **{which: slice_index})

    def _here(self) -> tuple[int, int]:
        slice_index, active = self._link.slice_shown(), self._link.active_label()
        if slice_index is None or not active:
            raise InvalidChoice("Expected a slice on the screen and a muscle that is worked on, found none.")
        return slice_index, active

    def _work(self) -> SeriesWork:
        work = self._session.work
        if work is None:
            raise InvalidChoice("Expected an open image, found none.", hint="Open one in step 1.")
        return work

    def _kept(self) -> LabelWork:
        return self._desk.kept()


def _doubtful(fills: Mapping[Place, FillNote]) -> tuple[Place, ...]:
    found = [place for place, note in fills.items() if note.doubt_mm >= UNSURE_MM]
    return tuple(sorted(found, key=lambda place: (-fills[place].doubt_mm, place)))


def _silently(done: int, total: int, doing: str) -> None:
    """One slice takes no time worth telling of."""
