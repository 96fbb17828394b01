"""inspection: what unit heads, inspectors and managers read and write. It knows published figures
and its own tables only.

Inside, imports only point down (pyproject.toml); a round goes up:

    notices                           what changed for me since last time
    conferences                       a phase of several years, looked back on
    minutes                           of a visit: frozen, numbered, signed, never changed
    recommendations                   what a unit is asked to do, and whether it was done
    findings                          proposed by figures, accepted by people
    visits                            the checklist answered on the spot; skills; blind sample
    self_reports                      what a unit says of itself beforehand
    inspections                       plans, teams, one inspection a unit
    comparison | years > indicators   units side by side; whole years; the unit's page
    categories                        persons of a province by group, sex, age and reason
    readmodel                         figures as published, in a database of their own

The tables of a round stand in the working database (schema `rounds`), beside accounts and the log:
one commit keeps them. The read model may be a replica that nobody here writes to.
"""
