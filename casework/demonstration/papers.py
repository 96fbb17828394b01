"""What law adds to a case, and the few papers kept with it. No office and no person is real."""

from dataclasses import dataclass
from random import Random

from casework.confidential.attachments.models import Attachment, PaperKind
from casework.confidential.cases.models import TargetGroup
from casework.confidential.cases.rules import Birth
from casework.confidential.statutory.models import StatutoryKind, StatutoryStatus
from casework.confidential.statutory.queries import RULES
from casework.confidential.statutory.rules import last_day
from casework.core.uploads import PDF
from casework.demonstration.horizon import moment
from casework.demonstration.rows import Batch, seal
from casework.demonstration.support import Whom
from casework.organisation.settings.models import USUAL
from casework.vault import envelope

WITH_STATUS, WITH_PAPER = 0.35, 0.12
KINDS = (StatutoryKind.PR_COMPULSORY, StatutoryKind.PR_VOLUNTARY, StatutoryKind.PR_SUBSTITUTION)
FILES = {
    PaperKind.CONSENT: "phiếu đồng ý đã ký.pdf",
    PaperKind.DECISION: "giấy chứng nhận học nghề.pdf",
    PaperKind.REFERRAL: "phiếu phản hồi của đơn vị nhận.pdf",
}
_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""


@dataclass(frozen=True, slots=True)
class PaperMaker:
    """Makes statuses and papers of cases. Chance comes from the case's own id, so that the rest of
    the demonstration does not depend on it.
    """

    batch: Batch

    def make(self, whom: Whom, group: TargetGroup) -> None:
        """What one case has of it."""
        rng = Random(whom.case_id.int)  # nosec B311
        if group is TargetGroup.POST_REHAB and rng.random() < WITH_STATUS:
            self._status(rng, whom)
        if rng.random() < WITH_PAPER:
            self._paper(rng, whom)

    def _status(self, rng: Random, whom: Whom) -> None:
        from_on = whom.life.opened_on
        minor = Birth(whom.birth_year).most_age(from_on) < 18
        kind = StatutoryKind.PR_MINOR if minor else rng.choice(KINDS)
        self.batch.add(
            StatutoryStatus,
            case_id=whom.case_id,
            kind=kind,
            from_on=from_on,
            until_on=last_day(from_on, int(USUAL[RULES[kind]][0])),
            ended_on=None,
            recorded_by=whom.counselor.id,
            recorded_at=moment(rng, from_on),
            version=1,
        )

    def _paper(self, rng: Random, whom: Whom) -> None:
        kind, on = rng.choice(tuple(FILES)), whom.life.opened_on
        row = self.batch.add(
            Attachment,
            case_id=whom.case_id,
            kind=kind,
            on_day=on,
            media_type=PDF,
            size=len(_PDF),
            added_by=whom.counselor.id,
            added_at=moment(rng, on),
            removed_by=None,
            removed_at=None,
        )
        seal(row, Attachment, "filename", FILES[kind], whom.keys)
        place = Attachment.content
        key = whom.keys[place.compartment]
        where = envelope.Place(Attachment.__tablename__, place.column, row["id"], place.compartment)
        row[place.column] = envelope.seal(_PDF, key.secret, key.id, where.binding())
