"""The attack: what a patient stranger with a solver can prove from an edition.

It shares no code with the protection and reads nothing but prints and public relations. A cell is
*found* when its candidate values, proved from everything printed, are fewer than three and

* ``exact``: one value, from 1 to k - 1;
* ``within one``: two values, both from 1 to k - 1;
* ``edge``: the two values 0 and 1, or k - 1 and k: a small count only if the truth is the small
  one, which the publisher knows and the reader does not.

A proved zero is no finding, nor is a count proved to be k or more. ``undecided`` is a cell that
could neither be found nor be shown another table in the time given.

Whoever publishes may show it tables that are said to agree: it checks each by itself, and searches
only for what they leave open. Nobody else has any.
"""

from casework.anonymisation.attack.auditor import Finding, Findings, Known, Tally, attack
from casework.anonymisation.attack.edition import Edition, read

__all__ = ["Edition", "Finding", "Findings", "Known", "Tally", "attack", "read"]
