"""anonymisation: the only door between the two sides.

It reads confidential records and writes the read model.

    measures, records, places, activity, criteria   what is counted, from the records
    clusters                                        which units they add up, a quarter long
    plan, relations, sequence                       what is printed, and how it hangs together
    protection, attack                              the proof, and who tries to break it
    publish, writing, work                          a month proved, then written whole or not at all
    exchange, export                                files for anybody who wants to check
    periods, completeness, signing, standing        how far a month is, and what its units still owe
    runs, wording, notices, forms, routes           pages: trying and publishing in the background
"""
