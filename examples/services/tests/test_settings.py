"""Settings: what is not understood is refused, with the name of the variable."""

import pytest

from sonic_services import Reader, SettingsError, read_server_settings


def test_defaults_stand_for_what_is_not_set() -> None:
    reader = Reader({"HOST": ""})
    server = read_server_settings(reader, port=8000)
    reader.check()
    assert (server.host, server.port, server.allowed_origins) == ("0.0.0.0", 8000, ("*",))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "8000.0"),
        ("LOG_LEVEL", "loud"),
        ("ALLOWED_ORIGINS", "example.org"),
        ("TRUSTED_PROXIES", "-1"),
        ("METRICS_TOKEN", "short"),
        ("MAX_BODY_MB", "1e3"),
    ],
)
def test_what_is_not_understood_is_named(name: str, value: str) -> None:
    reader = Reader({name: value})
    read_server_settings(reader, port=8000)
    with pytest.raises(SettingsError, match=name):
        reader.check()


def test_all_problems_are_told_at_once_and_no_secret_is() -> None:
    reader = Reader({"FLAG": "maybe", "TOKEN": "hunter2", "ADDRESS": "ftp://user:password@host/"})
    reader.flag("FLAG")
    reader.secret("TOKEN", minimum_length=16)
    reader.url("ADDRESS")
    reader.text("MISSING", required=True)
    with pytest.raises(SettingsError) as error:
        reader.check()
    assert [line.split()[0] for line in str(error.value).splitlines()] == ["FLAG", "TOKEN", "ADDRESS", "MISSING"]
    assert "hunter2" not in str(error.value)
    assert "password" not in str(error.value)


def test_names_may_be_written_in_any_case_where_the_original_allows_it() -> None:
    assert Reader({"det_size": "640"}, ignore_case=True).integer("DET_SIZE", 1) == 640
    assert Reader({"det_size": "640"}).integer("DET_SIZE", 1) == 1


def test_a_misspelt_variable_of_the_service_is_refused() -> None:
    reader = Reader({"SONIC_PROT": "1", "PATH": "/bin"})
    reader.integer("SONIC_PORT", 1)
    reader.refuse_unknown("SONIC_")
    with pytest.raises(SettingsError, match="SONIC_PROT"):
        reader.check()
