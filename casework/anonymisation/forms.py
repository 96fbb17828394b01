"""Forms on the way to an edition. Each names its month: it is about no other."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField

from casework.core.forms import Form, RuleBroken


class MonthForm(Form):
    """Something that is done about a month."""

    period = HiddenField()


class SignatureForm(MonthForm):
    """The signature under the figures that were shown (`seen` is their digest)."""

    seen = HiddenField()
    confirmed = BooleanField(_l("These figures are right, as far as I know"))

    def require_confirmed(self) -> None:
        """Nobody signs by a slip of the finger. Raises RuleBroken."""
        if not self.confirmed.data:
            raise RuleBroken(_l("Tick that the figures are right."), "confirmed")


class PublicationForm(MonthForm):
    """The last question before a month is published. `seen` names the units that were shown as not
    signed: the tick is about them and no others.
    """

    seen = HiddenField()
    without = BooleanField(_l("Publish without the signatures that are missing"))
    final = BooleanField(_l("I know that a publication can't be taken back"))

    def require_answers(self, unsigned: str) -> None:
        """Both are said openly. Raises RuleBroken."""
        if (self.seen.data or "") != unsigned:
            raise RuleBroken(_l("The signatures changed while you looked. Look at them again."))
        if unsigned and not self.without.data:
            message = _l("Tick that you publish without them, or wait for their signatures.")
            raise RuleBroken(message, "without")
        if not self.final.data:
            raise RuleBroken(_l("Tick that you know."), "final")
