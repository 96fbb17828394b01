"""The demonstration: a province that never existed, made by a seed.

The same seed, month and size give the same people, days and codes; only keys and ciphertext
differ, because they are made as in the real thing: every case and every roster has data keys of
its own, granted to whoever is entrusted with it. Nobody here is real: names are drawn from lists,
phone numbers from a range that no network has.

    horizon    the months that are told, and which days fall on Tết
    names      names, aliases, addresses, phone numbers
    notes      what counselors write
    rows       collects rows of one unit, seals texts, inserts in bulk
    keys       key pairs of staff, data keys of cases and groups
    places     which units take part
    staff      accounts, roles and key pairs
    lives      when cases open and close, and when contacts take place
    cases      the rows of a unit's cases
    gatherings groups, schedules, meetings, sessions, rosters
    loading    all of it, in one transaction
    commands   `demo load`, `demo status`; first_start is what `prepare` does
"""
