"""vault: keys. What is sealed here opens only for the accounts entrusted with a case.

    password ─ Argon2id + pepper ─┐
    recovery code ─ HKDF + pepper ┼─> KeyLock ─> private key ─> Grant ─> data key ─> sealed columns
    organisation's key ─ HPKE ────┘

A *holder* has a key pair (an account, or the organisation's recovery key). A *subject* is what data
keys protect (a case, a self-help group), one key per compartment. No grant, no key. The vault knows
holders and subjects by id only.
"""
