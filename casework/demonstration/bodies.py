"""A unit's club and volunteer team: decisions, regulation, members, hamlets, partners.

Units that followed a pilot unit keep its club. Where two clubs came together in one ward, one still
stands under its old unit: the program asks for its reorganisation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

from casework.authz.permissions import Role
from casework.confidential.cases.models import Sex
from casework.demonstration import names
from casework.demonstration.horizon import Horizon, moment
from casework.demonstration.rows import Batch, Row
from casework.organisation.bodies.models import Body, BodyKind, Decision, DecisionKind
from casework.organisation.members.models import Member, MemberRole, MemberSkill, Post, Skill
from casework.organisation.partners.models import Partner, PartnerKind
from casework.organisation.regulations.models import Regulation
from casework.organisation.units.models import Hamlet, Unit, UnitKind

CLUBS = ("CLB Đồng Hành", "CLB Sẻ Chia", "CLB Niềm Tin", "CLB Vì Ngày Mai", "CLB Nhịp Cầu")
OCCUPATIONS = (
    "Hội LHPN", "Đoàn Thanh niên", "Mặt trận Tổ quốc", "Hội Cựu chiến binh", "cán bộ hưu trí",
    "giáo viên", "trạm y tế", "Hội Nông dân", "công chức văn hóa - xã hội", "trưởng ấp",
)  # fmt: skip
PARTNERS = {
    PartnerKind.HEALTH_STATION: "Trạm y tế",
    PartnerKind.LEGAL_AID: "Trung tâm trợ giúp pháp lý",
    PartnerKind.EMPLOYMENT: "Trung tâm dịch vụ việc làm",
    PartnerKind.POLICY_BANK: "Phòng giao dịch NHCSXH",
    PartnerKind.WOMENS_UNION: "Hội LHPN",
    PartnerKind.YOUTH_UNION: "Đoàn Thanh niên",
    PartnerKind.RED_CROSS: "Hội Chữ thập đỏ",
    PartnerKind.FATHERLAND_FRONT: "Ủy ban MTTQ",
}
CLUB_ROLES = (
    MemberRole.CHAIR, MemberRole.VICE_CHAIR, MemberRole.SECRETARY, MemberRole.TREASURER,
    MemberRole.COUNSELOR, MemberRole.COUNSELOR, MemberRole.MEMBER,
)  # fmt: skip
PILOT_SINCE, TEAM_SINCE, UNITS_SINCE = date(2017, 3, 1), date(2013, 5, 20), date(2025, 7, 1)
VACANT_SINCE_DAYS = 95


@dataclass(slots=True)
class Bodies:
    """What a unit has: its bodies, who works in them, where, and with whom."""

    club: Row
    regulation: Row | None
    team: Row | None = None
    members: list[Row] = field(default_factory=list)
    team_posts: list[Row] = field(default_factory=list)
    hamlets: list[Row] = field(default_factory=list)
    partners: list[Row] = field(default_factory=list)
    counselors: list[UUID] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BodyMaker:
    """Makes the bodies of one unit. `accounts` are those of its people who sign in."""

    batch: Batch
    rng: Random
    horizon: Horizon
    unit: Unit
    predecessors: Sequence[Unit]
    code: str
    accounts: Mapping[Role, UUID]
    recorder: UUID | None

    def make_all(self) -> Bodies:
        """Everything that names no meeting and no money."""
        club = self._club(self.unit, self.predecessors[:1])
        for old in self.predecessors[1:]:
            self._club(old, [])
        made = Bodies(club, self._regulation(club))
        if self.accounts or self.rng.random() < 0.7:
            made.team = self._body(BodyKind.VOLUNTEER_TEAM, "Đội CTXH tình nguyện", TEAM_SINCE)
        self._people(made)
        made.hamlets = self._hamlets()
        made.partners = self._partners()
        return made

    def _club(self, unit: Unit, earlier: Sequence[Unit]) -> Row:
        """A club; under its old unit first where it has one, then reorganised into this one."""
        rng, since = self.rng, max(unit.valid_from, PILOT_SINCE)
        old = earlier[0] if earlier else None
        if unit.valid_from == UNITS_SINCE and old is None:
            since = UNITS_SINCE + timedelta(days=rng.randrange(30, 90))
        if old is not None:
            since = PILOT_SINCE
        club = self._body(BodyKind.CLUB, rng.choice(CLUBS), since, unit=unit, first=old or unit)
        if old is not None:
            on = UNITS_SINCE + timedelta(days=rng.randrange(20, 60))
            self._decision(club, unit, DecisionKind.REORGANISATION, on)
        return club

    def _body(
        self,
        kind: BodyKind,
        name: str,
        since: date,
        *,
        unit: Unit | None = None,
        first: Unit | None = None,
    ) -> Row:
        unit = unit or self.unit
        begun = min(since, self.horizon.begins_on)
        body = self.batch.add(
            Body, unit_id=unit.id, kind=kind, name=f"{name} {unit.name}", active_from=begun,
            active_until=None, version=1,
        )  # fmt: skip
        self._decision(body, first or unit, DecisionKind.ESTABLISHMENT, begun)
        return body

    def _decision(self, body: Row, unit: Unit, kind: DecisionKind, on: date) -> None:
        signed_on = on - timedelta(days=self.rng.randrange(1, 10))
        self.batch.add(
            Decision, body_id=body["id"], unit_id=unit.id, kind=kind,
            number=f"{self.rng.randrange(10, 900)}/QĐ-UBND", signed_on=signed_on, effective_on=on,
            signed_by=f"UBND {unit.label}", note="", recorded_by=self.recorder,
            recorded_at=moment(self.rng, on), version=1,
        )  # fmt: skip

    def _regulation(self, club: Row) -> Row | None:
        """Most clubs have a regulation; one here and there has let it run out."""
        rng, chance = self.rng, self.rng.random()
        if not self.accounts and chance < 0.12:
            return None
        ends = None if self.accounts or chance > 0.25 else self.horizon.today - timedelta(days=40)
        return self.batch.add(
            Regulation, body_id=club["id"], number=f"{rng.randrange(1, 60):02}/QC-CLB",
            signed_by="Ban Chủ nhiệm", signed_on=club["active_from"],
            valid_from=club["active_from"], valid_until=ends, note="", recorded_by=self.recorder,
            recorded_at=moment(rng, club["active_from"]), version=1,
        )  # fmt: skip

    def _people(self, made: Bodies) -> None:
        rng = self.rng
        vacant = MemberRole.VICE_CHAIR if rng.random() < 0.25 else None
        for role in CLUB_ROLES:
            account = {
                MemberRole.CHAIR: self.accounts.get(Role.UNIT_HEAD),
                MemberRole.TREASURER: self.accounts.get(Role.ACCOUNTANT),
            }.get(role)
            member = self._member(made, account)
            self._post(member, made.club, role, ended=role is vacant)
            if role is MemberRole.COUNSELOR:
                made.counselors.append(member["id"])
        if made.team is None:
            return
        count = rng.randrange(3, 8)
        roles = [MemberRole.TEAM_LEADER, MemberRole.DEPUTY_LEADER] + [MemberRole.VOLUNTEER] * count
        for index, role in enumerate(roles):
            account = self.accounts.get(Role.VOLUNTEER) if index == 2 else None
            # The secretary of the club often leads the team as well: two posts of one person.
            member = made.members[2] if index == 0 else self._member(made, account)
            made.team_posts.append(self._post(member, made.team, role))

    def _member(self, made: Bodies, account_id: UUID | None) -> Row:
        rng = self.rng
        sex = rng.choice((Sex.MALE, Sex.FEMALE))
        lives = self.horizon.begins_on - timedelta(days=rng.randrange(300, 9000))
        if rng.random() < 0.05:
            lives = self.horizon.today - timedelta(days=60)
        member = self.batch.add(
            Member, unit_id=self.unit.id, account_id=account_id, name=names.full_name(rng, sex),
            birth_year=rng.randrange(1957, 1999), phone=names.phone(rng),
            occupation=rng.choice(OCCUPATIONS), is_voluntary=True, lives_here_since=lives,
            works_here=rng.random() < 0.2, recorded_by=self.recorder,
            recorded_at=moment(rng, self.horizon.begins_on), version=1,
        )  # fmt: skip
        made.members.append(member)
        if rng.random() < 0.4:
            skill = rng.choice((Skill.COMMUNICATION, Skill.OUTREACH, Skill.GROUP_WORK))
            self.batch.add(MemberSkill, member_id=member["id"], skill=skill, note="")
        return member

    def _post(self, member: Row, body: Row, role: MemberRole, *, ended: bool = False) -> Row:
        rng, horizon = self.rng, self.horizon
        since = max(body["active_from"], horizon.begins_on)
        until = horizon.today - timedelta(days=VACANT_SINCE_DAYS) if ended else None
        if role in (MemberRole.VOLUNTEER, MemberRole.MEMBER) and rng.random() < 0.3:
            since = min(since + timedelta(days=rng.randrange(0, 300)), horizon.last_day)
        return self.batch.add(
            Post, member_id=member["id"], body_id=body["id"], group_id=None, role=role,
            from_on=min(since, until or since), until_on=until,
            decision=f"{rng.randrange(10, 900)}/QĐ-UBND",
            end_reason="Chuyển công tác" if ended else "", version=1,
        )  # fmt: skip

    def _hamlets(self) -> list[Row]:
        southern = self.code >= names.FIRST_SOUTHERN_PROVINCE
        urban = self.unit.kind == UnitKind.WARD
        word = ("Khóm" if urban else "Ấp") if southern else ("Tổ dân phố" if urban else "Thôn")
        return [
            self.batch.add(
                Hamlet, unit_id=self.unit.id, name=f"{word} {number}",
                active_from=self.unit.valid_from, active_until=None,
            )
            for number in range(1, self.rng.randrange(6, 13))
        ]  # fmt: skip

    def _partners(self) -> list[Row]:
        rng = self.rng
        kinds = rng.sample(list(PARTNERS), rng.randrange(3, 7))
        return [
            self.batch.add(
                Partner, unit_id=self.unit.id, kind=kind,
                name=f"{PARTNERS[kind]} {self.unit.name}", contact=names.phone(rng),
                agreement="Quy chế phối hợp" if rng.random() < 0.5 else "",
                active_from=self.horizon.begins_on, active_until=None, recorded_by=self.recorder,
                recorded_at=moment(rng, self.horizon.begins_on), version=1,
            )
            for kind in kinds
        ]  # fmt: skip
