"""organisation: what names no person supported: accounts, units, bodies, people, meetings, money.

Inside, imports only point down (pyproject.toml); what two features of a line share stands below:

    overview                          a unit as it stands now, out of all the others
    reports > plans                   what was done, beside what was asked and intended
    settlements > budgets             money in whole đồng: lines, movements, settling
    remuneration, programmes          what volunteers are due and were paid; who pays
    communications | trainings | partners
    regulations > pauses > meetings   when people are to meet, and whether they did
    posts > members > bodies          clubs and teams, their decisions, and who works in them
    documents, settings               attached papers; what changes with time and law
    administration | approvals | access_reviews | access_log | clusters | territory | proposals
    samples                           a blind sample of files, as far as both sides know of it
    roles, history > accounts > units what a record said earlier; who signs in; units as they were

A record keeps the unit as it was (units.queries.reached). Before it changes, what it said is kept
(history.operations.keep_revision). Bodies know no meetings and no regulations: who builds on them
asks to be told (bodies: follow_bodies, tell_of_bodies), or is asked whether a record keeps its
papers (documents: keep_with). What each figure means stands in
docs/organisation.md.
"""
