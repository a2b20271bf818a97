"""What is proposed now: asked for off the main thread, shown, taken as one step or dropped."""

from __future__ import annotations

from collections.abc import Callable

from ...domain.errors import InvalidChoice
from ..label_work import LabelWork
from ..layer_link import LayerLink
from ..passing_layers import PreviewLayer
from ..proposals import Proposal, ProposalWish
from ..session import Session

Run = Callable[..., None]
"""Does a piece of work off the main thread: work, says, done."""


class ProposalDesk:
    """One proposal at a time.

    Parameters
    ----------
    session : Session
        What is open.
    link : LayerLink
        Hand in the layer list.
    preview : PreviewLayer
        Outlines what is proposed.
    say : callable
        Takes the proposal in words; empty when there is none.
    run : callable
        Takes work, what it says, and what is done with the result.
    """

    def __init__(
        self, session: Session, link: LayerLink, preview: PreviewLayer, *, say: Callable[[str], None], run: Run
    ) -> None:
        self._session = session
        self._link = link
        self._preview = preview
        self._say = say
        self._run = run
        self._proposal: Proposal | None = None
        self._for: LabelWork | None = None
        self._is_kept_ready = False

    @property
    def proposal(self) -> Proposal | None:
        """What is proposed now."""
        return self._proposal

    def kept(self) -> LabelWork:
        """The labels that are worked on.

        Raises
        ------
        InvalidChoice
            If there are none.
        """
        work = self._session.work
        if work is None or work.label_work is None:
            raise InvalidChoice("Expected labels to work on, found none.", hint="Open or draw labels in step 3.")
        return work.label_work

    def ask(self, wish: ProposalWish, *, says: str, shown: Callable[[Proposal], None] | None = None) -> None:
        """Work out a proposal off the main thread and show it, unless other labels are worked on by then.

        Parameters
        ----------
        wish : ProposalWish
            Everything it rests on.
        says : str
            What is being done, in words.
        shown : callable, optional
            Called with the proposal once it is shown.
        """
        self.drop()
        kept = self.kept()

        def show(proposal: Proposal) -> None:
            if self._session.work is not None and self._session.work.label_work is kept:
                self.show(proposal)
                if shown is not None:
                    shown(proposal)

        self._run(wish.run, says=says, done=show)

    def keep_ready(self, *, is_wanted: bool) -> None:
        """Have the layer for proposals there while a tool is drawn with, so that each is shown at once."""
        layer, work = self._link.labels_layer(), self._session.work
        self._is_kept_ready = is_wanted
        if is_wanted and layer is not None and work is not None and work.label_map is not None:
            self._preview.prepare(work.label_map.structures, beside=layer)
        elif self._proposal is None:
            self._preview.drop()

    def show(self, proposal: Proposal) -> None:
        """Propose something."""
        layer, work = self._link.labels_layer(), self._session.work
        if layer is not None and work is not None and work.label_map is not None:
            self._proposal, self._for = proposal, self.kept()
            self._preview.show(proposal, work.label_map.structures, beside=layer)
            self._say(proposal.describe())

    def accept(self) -> None:
        """Take what is proposed, as one step, into the labels it was made for."""
        proposal, kept = self._proposal, self._for
        if proposal is not None and kept is not None:
            self.drop()
            self._take(proposal, kept)

    def take(self, proposal: Proposal) -> None:
        """Take something without having it looked at, as one step."""
        self._take(proposal, self.kept())

    def drop(self) -> None:
        """Take nothing of what is proposed."""
        self._proposal = self._for = None
        if self._is_kept_ready:
            self._preview.clear()
        else:
            self._preview.drop()
        self._say("")

    def drop_unless_for(self, kept: LabelWork | None) -> None:
        """Drop what was proposed for other labels."""
        if self._proposal is not None and self._for is not kept:
            self.drop()

    def _take(self, proposal: Proposal, kept: LabelWork) -> None:
        proposal.accept(kept)
        layer = self._link.labels_layer()
        if layer is not None:
            layer.refresh(extent=False)
