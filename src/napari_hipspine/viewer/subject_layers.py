"""All layers of a subject brought into the layer list, and taken out of it again."""

from __future__ import annotations

from .layer_link import LayerLink
from .session import Session
from .subject_openings import OpenedSubject


def show_subject(link: LayerLink, session: Session, opened: OpenedSubject) -> None:
    """Every opened series with its layers; the one that was worked on last is worked on."""
    with link.showing():
        for one in opened.series:
            session.add(one.work)
            link.add_layers(one.layers)
        if opened.series:
            first = len(session.works) - len(opened.series)
            session.choose(first + opened.current)
            link.show_structures()
    link.show_current()


def close_series(link: LayerLink, session: Session) -> None:
    """Close every open series: labels are on the disk already, and layers that belong to none of them stay."""
    with link.showing():
        while session.works:
            work = session.works[-1]
            layers = link.layers_of(work)
            session.remove(len(session.works) - 1)
            for kept in (work.label_work, work.fat_work):
                if kept is not None:
                    kept.close()
            link.drop_layers(layers)
