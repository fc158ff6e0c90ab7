"""Mail identity: which addresses lead to one mailbox, and so belong to one person. Pure."""


def mailbox_of(email: str) -> str:
    """The mailbox behind an address: without its tag, and without dots where they say nothing."""
    local, _, host = email.strip().casefold().rpartition("@")
    local = local.partition("+")[0]
    if host in ("gmail.com", "googlemail.com"):
        local, host = local.replace(".", ""), "gmail.com"
    return f"{local}@{host}"
