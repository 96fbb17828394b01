"""Whole đồng: never a fraction, written as people here read it, and in words."""

from num2words import num2words

LARGEST = 10**15


def dong(amount: int) -> str:
    """15.000.000 đồng."""
    return f"{amount:,}".replace(",", ".") + " đồng"


def dong_in_words(amount: int) -> str:
    """Mười lăm triệu đồng. Vietnamese on every printed form, whatever the language of the screen.

    Raises ValueError above 10¹⁵ đồng or below its negative.
    """
    if abs(amount) > LARGEST:
        raise ValueError(amount)
    words = " ".join(str(num2words(abs(amount), lang="vi")).split())
    told = f"{'âm ' if amount < 0 else ''}{words} đồng"
    return told[:1].upper() + told[1:]
