"""Administrative units as they were on any day: own ids, validity dates, successors.

Codes are re-used, ids are not.
"""

from datetime import date
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.database import Base, operational
from casework.core.labels import Labelled


class UnitKind(Labelled):
    """What an administrative unit is called."""

    PROVINCE = "province", _l("Province")
    CITY = "city", _l("City")
    DISTRICT = "district", _l("District")
    COMMUNE = "commune", _l("Commune")
    WARD = "ward", _l("Ward")
    TOWNSHIP = "township", _l("Township")
    SPECIAL_ZONE = "special_zone", _l("Special zone")


class SuccessionKind(Labelled):
    """How one unit followed another."""

    MERGE = "merge", _l("merged into")
    SPLIT = "split", _l("split into")
    RENAME = "rename", _l("renamed to")
    TRANSFER = "transfer", _l("transferred to")


class Unit(Base):
    """A province, district or commune from a day until a day.

    `province_id` is its province at that time, or itself.
    """

    __tablename__ = "units"
    __table_args__ = (UniqueConstraint("code", "valid_from"),)

    id: Mapped[UUID] = operational(primary_key=True)
    code: Mapped[str] = operational(nullable=False)
    name: Mapped[str] = operational(nullable=False)
    kind: Mapped[str] = operational(nullable=False)
    valid_from: Mapped[date] = operational(nullable=False)
    valid_until: Mapped[date | None] = operational()
    parent_id: Mapped[UUID | None] = operational(ForeignKey("organisation.units.id"), index=True)
    province_id: Mapped[UUID | None] = operational(ForeignKey("organisation.units.id"), index=True)
    is_province: Mapped[bool] = operational(nullable=False)
    source: Mapped[str] = operational(nullable=False)

    @property
    def kind_label(self) -> str:
        """The kind's word on screens."""
        return UnitKind(self.kind).label

    @property
    def label(self) -> str:
        """Phường Vĩnh Trạch. The data keep a district's own word (Huyện, Thị xã) in its name."""
        if self.kind == UnitKind.DISTRICT:
            return self.name
        return f"{_KIND_WORDS[UnitKind(self.kind)]} {self.name}"

    @property
    def label_inside(self) -> str:
        """The same inside a name or a sentence: phường Vĩnh Trạch."""
        return f"{self.label[:1].lower()}{self.label[1:]}"


class Succession(Base):
    """One unit followed by another on a day, by a document."""

    __tablename__ = "successions"
    __table_args__ = (UniqueConstraint("predecessor_id", "successor_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    predecessor_id: Mapped[UUID] = operational(ForeignKey(Unit.id), nullable=False)
    successor_id: Mapped[UUID] = operational(ForeignKey(Unit.id), nullable=False, index=True)
    kind: Mapped[str] = operational(nullable=False)
    on: Mapped[date] = operational("on_day", nullable=False)
    document: Mapped[str] = operational(nullable=False)

    @property
    def label(self) -> str:
        """What became of the earlier unit: "merged into"."""
        return SuccessionKind(self.kind).label

    @property
    def came_label(self) -> str:
        """The word for the event itself, seen from the later unit."""
        return str(_EVENT_LABELS[SuccessionKind(self.kind)])


class Cluster(Base):
    """A free grouping of a province's units."""

    __tablename__ = "clusters"
    __table_args__ = (UniqueConstraint("province_id", "name"),)

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID] = operational(ForeignKey(Unit.id), nullable=False)
    name: Mapped[str] = operational(nullable=False)

    @property
    def label(self) -> str:
        """What it is called on screens: its name as it is."""
        return self.name


class ClusterMembership(Base):
    """A unit in a cluster, from a day until a day."""

    __tablename__ = "cluster_memberships"
    __table_args__ = (UniqueConstraint("cluster_id", "unit_id", "from_on"),)

    id: Mapped[UUID] = operational(primary_key=True)
    cluster_id: Mapped[UUID] = operational(ForeignKey(Cluster.id), nullable=False)
    unit_id: Mapped[UUID] = operational(ForeignKey(Unit.id), nullable=False, index=True)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date | None] = operational()


class Hamlet(Base):
    """A part of a unit (ấp, khóm, thôn, tổ dân phố) that communication is meant to reach."""

    __tablename__ = "hamlets"
    __table_args__ = (Index(None, "unit_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey(Unit.id), nullable=False)
    name: Mapped[str] = operational(nullable=False)
    active_from: Mapped[date] = operational(nullable=False)
    active_until: Mapped[date | None] = operational()


# Names of units are Vietnamese in both languages.
_KIND_WORDS = {
    UnitKind.PROVINCE: "Tỉnh",
    UnitKind.CITY: "Thành phố",
    UnitKind.DISTRICT: "Huyện",
    UnitKind.COMMUNE: "Xã",
    UnitKind.WARD: "Phường",
    UnitKind.TOWNSHIP: "Thị trấn",
    UnitKind.SPECIAL_ZONE: "Đặc khu",
}
_EVENT_LABELS = {
    SuccessionKind.MERGE: _l("merger"),
    SuccessionKind.SPLIT: _l("split"),
    SuccessionKind.RENAME: _l("new name"),
    SuccessionKind.TRANSFER: _l("transfer"),
}
