"""Calendar part of a mail: its first event's title, time and place as lines of text. Pure."""

import re

NAMED = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "DESCRIPTION")
DATE_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
LONGEST = 2000  # characters of one property
MOST_LINES = 5000
TITLES = {"CANCEL": "Invitation taken back", "REPLY": "Answer to an invitation"}


def read(text: str) -> str:
    """Return the first event of a calendar as text; empty where there is none."""
    found: dict[str, tuple[str, str]] = {}
    method, is_inside = "", False
    for name, parameters, value in _properties(text):
        if name == "METHOD":
            method = value.upper()
        elif (name, value.upper()) == ("BEGIN", "VEVENT"):
            is_inside = True
        elif name == "END" and is_inside and value.upper() == "VEVENT":
            break
        elif is_inside and name in NAMED:
            # The first value counts: alarms inside the event have properties of the same names.
            found.setdefault(name, (parameters, value))
    if not found:
        return ""
    said = [
        f"{TITLES.get(method, 'Invitation')}: {_text(found.get('SUMMARY', ('', ''))[1])}".strip()
    ]
    when = [_time_words(*found[name]) for name in ("DTSTART", "DTEND") if name in found]
    said += [f"When: {' to '.join(when)}"] if when else []
    said += [f"Where: {_text(found['LOCATION'][1])}"] if found.get("LOCATION", ("", ""))[1] else []
    said += [_text(found["DESCRIPTION"][1])] if "DESCRIPTION" in found else []
    return "\n".join(said)


def _properties(text: str) -> list[tuple[str, str, str]]:
    """Return name, parameters and value of each line, with folded lines joined (RFC 5545, 3.1)."""
    lines: list[list[str]] = []
    for line in text.replace("\r\n", "\n").split("\n", MOST_LINES)[:MOST_LINES]:
        if line[:1] in (" ", "\t") and lines:
            lines[-1].append(line[1:])
        else:
            lines.append([line])
    found = []
    for parts in lines:
        head, _, value = "".join(parts).partition(":")
        name, _, parameters = head.partition(";")
        found.append((name.strip().upper(), parameters[:200], value.strip()[:LONGEST]))
    return found


def _text(value: str) -> str:
    plain = re.sub(r"\\[nN]", "\n", value)
    return re.sub(r"\\([,;\\])", r"\1", plain)


def _time_words(parameters: str, value: str) -> str:
    found = DATE_TIME.match(value)
    if found is None:
        return value
    year, month, day, hour, minute, utc = found.groups()
    date = f"{year}-{month}-{day}"
    if hour is None:
        return date
    zone = re.search(r"TZID=\"?([^;\":]+)", parameters, re.IGNORECASE)
    named = " UTC" if utc else f" ({zone[1]})" if zone else ""
    return f"{date} {hour}:{minute}{named}"
