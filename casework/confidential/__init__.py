"""confidential: the casework. Nothing here is seen by unit heads, inspectors or administrators; no
page of theirs asks it.

Inside, imports point down: followups | contacts | groups > intake > consent > cases. The case page
is one shell whose panels come from the features' own addresses: the case knows addresses, not code.
"""
