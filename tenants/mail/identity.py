"""The mailbox of an address, which tells whether two addresses belong to one person. Pure."""


def mailbox_of(email: str) -> str:
    """Return an address's mailbox: without tag, and without dots where the host ignores them."""
    local, _, host = email.strip().casefold().rpartition("@")
    local = local.partition("+")[0]
    if host in ("gmail.com", "googlemail.com"):
        local, host = local.replace(".", ""), "gmail.com"
    return f"{local}@{host}"
