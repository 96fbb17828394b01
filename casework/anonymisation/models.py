"""What was true and what was printed of it, edition by edition; and how a month gets there.

Later proofs need the table that was true at publication, and late records must not change it. The
read model never holds these counts; an inspection page can't reach them.

On the way to an edition a coordinator marks the unit's records complete, the unit head signs its
activity figures, and the manager has a run try or publish them.
"""

from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, coded, operational
from casework.core.labels import Labelled
from casework.inspection.readmodel.models import ActivityColumns, CriterionColumns


class Publication(Base):
    """An edition of a province's figures. It has the id of its edition in the read model.

    Prepared: counted, proved and attacked. Published: the read model has it.
    """

    __tablename__ = "publications"
    __table_args__ = (UniqueConstraint("province_id", "period"),)

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    period: Mapped[str] = operational(nullable=False)
    prepared_at: Mapped[datetime] = operational(nullable=False, default=now)
    prepared_by: Mapped[str] = operational(nullable=False)
    published_at: Mapped[datetime | None] = operational()


class PublishedCount(Base):
    """A count as it was true at publication, and its print: a figure if `is_printed`.

    It is of a unit (or the province), or of a cluster. Without an upper end `high` is empty. The
    measures `recorded_opened` and `recorded_closed` say how many openings and closures the flows
    have taken into account so far; `ended`, that the unit may be gone with the next edition.
    """

    __tablename__ = "published_counts"
    __table_args__ = (
        UniqueConstraint("publication_id", "unit_id", "measure", "period"),
        UniqueConstraint("publication_id", "cluster_id", "measure", "period"),
        CheckConstraint("(unit_id IS NULL) <> (cluster_id IS NULL)", name="of_one"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    publication_id: Mapped[UUID] = operational(ForeignKey(Publication.id), nullable=False)
    unit_id: Mapped[UUID | None] = coded(ForeignKey("organisation.units.id"))
    cluster_id: Mapped[UUID | None] = coded(ForeignKey("organisation.clusters.id"))
    level: Mapped[str] = operational(nullable=False)
    measure: Mapped[str] = coded(nullable=False)
    period: Mapped[str] = coded(nullable=False)
    count: Mapped[int] = coded(nullable=False)
    is_printed: Mapped[bool] = operational(nullable=False)
    shown: Mapped[str] = operational(nullable=False)
    low: Mapped[int | None] = coded()
    high: Mapped[int | None] = coded()


class PublishedMembership(Base):
    """A unit of a cluster, as the first edition of a quarter took it: for that whole quarter."""

    __tablename__ = "published_memberships"
    __table_args__ = (UniqueConstraint("publication_id", "cluster_id", "unit_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    publication_id: Mapped[UUID] = operational(ForeignKey(Publication.id), nullable=False)
    cluster_id: Mapped[UUID] = operational(ForeignKey("organisation.clusters.id"), nullable=False)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)


class PublishedProof(Base):
    """What proved a province's newest edition, for the next one (`witnesses`). It is no more than a
    help: without it the proof is searched for again.
    """

    __tablename__ = "published_proofs"

    id: Mapped[UUID] = operational(primary_key=True)
    publication_id: Mapped[UUID] = operational(
        ForeignKey(Publication.id), nullable=False, unique=True
    )
    moves: Mapped[bytes] = coded(nullable=False)


class CompletenessMark(Base):
    """A coordinator's word that nothing of a unit's month is missing any more.

    Taken back, the row goes; the log keeps that it was there.
    """

    __tablename__ = "completeness_marks"
    __table_args__ = (UniqueConstraint("unit_id", "period"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    period: Mapped[str] = operational(nullable=False)
    marked_by: Mapped[UUID] = operational(nullable=False)
    marked_at: Mapped[datetime] = operational(nullable=False, default=now)


class Signature(Base):
    """A unit head's signature under the activity figures of a unit's month.

    `figures` is what was signed, as it would be printed; `digest` binds unit, month and numbers.
    The newest of a month counts, and only while the numbers are still those.
    """

    __tablename__ = "signatures"
    __table_args__ = (Index(None, "unit_id", "period"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    period: Mapped[str] = operational(nullable=False)
    signed_by: Mapped[UUID] = operational(nullable=False)
    signed_at: Mapped[datetime] = operational(nullable=False, default=now)
    figures: Mapped[str] = operational(nullable=False)
    digest: Mapped[str] = operational(nullable=False)


class Outcome(Labelled):
    """How a run ended."""

    DONE = "done", _l("done")
    REFUSED = "refused", _l("refused")
    FAILED = "failed", _l("broken off")
    LOST = "lost", _l("stopped without an answer")


class PublicationRun(Base):
    """Somebody has the figures of a province tried or published in the background.

    While `ended_at` is empty it holds the province: there is one at a time. `beat_at` moves while
    it lives; one that has not moved for a minute is dead and may be taken over. `told` is what it
    won, or why it was refused.
    """

    __tablename__ = "publication_runs"
    __table_args__ = (Index(None, "province_id", "started_at"),)

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    period: Mapped[str] = operational(nullable=False)
    is_trial: Mapped[bool] = operational(nullable=False)
    asked_by: Mapped[UUID] = operational(nullable=False)
    started_at: Mapped[datetime] = operational(nullable=False, default=now)
    beat_at: Mapped[datetime] = operational(nullable=False, default=now)
    stage: Mapped[str] = operational(nullable=False, default="")
    settled: Mapped[int] = operational(nullable=False, default=0)
    all_cells: Mapped[int] = operational(nullable=False, default=0)
    ended_at: Mapped[datetime | None] = operational()
    outcome: Mapped[str | None] = operational()
    told: Mapped[str] = operational(nullable=False, default="")


# One at a time: the second insert fails.
Index(
    "uq_publication_runs_under_way",
    PublicationRun.province_id,
    unique=True,
    sqlite_where=PublicationRun.ended_at.is_(None),
    postgresql_where=PublicationRun.ended_at.is_(None),
)


class NoticeRead(Base):
    """An account has seen that an edition is out."""

    __tablename__ = "notices_read"
    __table_args__ = (UniqueConstraint("account_id", "publication_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    account_id: Mapped[UUID] = operational(ForeignKey("organisation.accounts.id"), nullable=False)
    publication_id: Mapped[UUID] = operational(ForeignKey(Publication.id), nullable=False)
    read_at: Mapped[datetime] = operational(nullable=False, default=now)


class PublishedActivity(ActivityColumns, Base):
    """A figure of activity as it was printed: the read model's is a copy of it."""

    __tablename__ = "published_activities"
    __table_args__ = (UniqueConstraint("publication_id", "unit_id", "measure", "kind"),)

    id: Mapped[UUID] = operational(primary_key=True)
    publication_id: Mapped[UUID] = operational(ForeignKey(Publication.id), nullable=False)


class PublishedCriterion(CriterionColumns, Base):
    """A criterion as it was judged: the read model's is a copy of it."""

    __tablename__ = "published_criteria"
    __table_args__ = (UniqueConstraint("publication_id", "unit_id", "code"),)

    id: Mapped[UUID] = operational(primary_key=True)
    publication_id: Mapped[UUID] = operational(ForeignKey(Publication.id), nullable=False)
