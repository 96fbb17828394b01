"""confidential: the casework. Nothing here is seen by unit heads, inspectors or administrators; no
page of theirs asks it.

Inside, imports only point down (pyproject.toml); what two features of a line share stands below:

    followups                         Today: whatever is due, derived from the records of all others
    rights                            what a person asks about their record; what authorities ask
    transfers | closures | break_glass | caseloads
                                      to another unit; end, return, erasure; openings out of turn;
                                      in and out of Excel
    assignments                       whose cases they are: handed over, covered for
    samples                           which files are shown to inspectors, by code
    services | referrals | contacts | group_sessions | attachments | reminders
    rosters > facilitators > groups   members, some of them cases; who leads and holds the key;
                                      when a group meets
    plans > assessments               what is to be reached, out of what is needed
    statutory, intake > consent       what law adds; taking a person in; what the person agreed to
    cases > history                   the case, who the person is; what a record said earlier

The case page is one shell whose panels come from the features' own addresses: the case knows
addresses, not code. What an account reaches is one rule (cases.queries.reached), for lists and
doors alike; what it can read is what it holds keys for (vault). A record keeps the unit in which it
was made; what is counted are episodes (cases.models.Episode).
"""
