"""Who looked: the log about a case, in words, for those it is entrusted to."""
