"""core: database, forms, htmx, audit, language. It knows no feature and imports no other part."""
