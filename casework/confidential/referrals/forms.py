"""Forms of a referral and of what the partner answers."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField

from casework.confidential.assessments.models import NeedArea
from casework.confidential.referrals.models import ReferralStatus
from casework.confidential.referrals.rules import FOLLOWING
from casework.core.forms import (
    VersionedForm,
    choice,
    long_text,
    options,
    past_day,
    pick,
    required,
)
from casework.organisation.partners.models import Partner


class CorrectionForm(VersionedForm):
    """What is asked for, when it was sent, and why. Nothing is ticked beforehand."""

    area = choice(_l("What help is asked for"), NeedArea, required(), blank=True)
    sent_on = past_day(_l("Sent on"))
    reason = long_text(_l("Reason, as the partner will read it"), required(), render_kw={"rows": 4})
    names_person = BooleanField(_l("The person agrees to be named in the letter"))


class ReferralForm(CorrectionForm):
    """The same, with the partner."""

    partner = SelectField(_l("Partner"), [required()])

    def offer(self, partners: Sequence[Partner], agreed: Collection[UUID]) -> None:
        """Set the partners, those first to which the person agreed."""
        told = sorted(partners, key=lambda partner: partner.id not in agreed)
        self.partner.choices = options(
            ((str(partner.id), _told(partner, agreed)) for partner in told), blank=True
        )

    def chosen(self, partners: Sequence[Partner]) -> Partner:
        """The partner that was chosen of those offered."""
        return next(each for each in partners if str(each.id) == self.partner.data)


class StepForm(VersionedForm):
    """What became known, when."""

    # What may follow is a rule of operations, which say why not.
    status = pick(_l("What became known"), ReferralStatus, required(), validate_choice=False)
    on = past_day(_l("On"))
    note = long_text(_l("Note"), render_kw={"rows": 3})

    def offer(self, status: str) -> None:
        """Set what may follow on a status."""
        following = FOLLOWING[ReferralStatus(status)]
        self.status.choices = options((each.value, each.label) for each in following)


class TakeBackForm(VersionedForm):
    """Why a referral is taken back."""

    reason = long_text(_l("Why"), required(), render_kw={"rows": 3})


def _told(partner: Partner, agreed: Collection[UUID]) -> Any:
    if partner.id in agreed:
        return _l(
            "%(name)s (%(kind)s): the person agrees", name=partner.name, kind=partner.kind_label
        )
    return f"{partner.name} ({partner.kind_label})"
