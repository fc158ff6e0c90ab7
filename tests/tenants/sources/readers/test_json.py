"""JSON files give records."""

from tenants.sources.readers import reader_for


def read(filename: str, content: bytes, kind: str = "document") -> list:
    return reader_for(filename, kind).read(content)


def test_json_gives_a_list_or_an_objects_values() -> None:
    records = [{"id": 1, "tags": ["a"]}, {"id": 2}]
    assert read("o.json", b'[{"id": 1, "tags": ["a"]}, {"id": 2}]', "records") == records
    keyed = [{**record, "_key": key} for record, key in zip(records, "ab", strict=True)]
    assert read("o.json", b'{"a": {"id": 1, "tags": ["a"]}, "b": {"id": 2}}', "records") == keyed
