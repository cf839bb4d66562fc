"""Settings: what is accepted, what is refused, and that no secret is ever shown."""

from __future__ import annotations

import logging
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fateflow_client import ClientConfig, ConfigError, FlowClient, RetryPolicy
from fateflow_client.config import Secret

SECRET = "hush-7f3a"


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:9380", "ftp://h:1", "http://", "http://:9380", "http://h:port", "http://h:99999",
        "http://h:0", "http://user:w0rd@h:1", "http://h:1?x=1", "http://h:1#x", "http://h:1/v1",
        "http://h:1/fate/v1/", "http://a b:1", "http://h\n:1", "", "http://[::1",
    ],
)  # fmt: skip
def test_a_url_that_names_no_server_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FlowClient.from_url(url)
    assert isinstance(caught.value, ValueError)
    assert "w0rd" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "host", "port", "prefix"),
    [
        ("http://127.0.0.1:9380", "127.0.0.1", 9380, ""),
        ("http://127.0.0.1:9380/", "127.0.0.1", 9380, ""),
        ("https://flow.example.org", "flow.example.org", 443, ""),
        ("http://flow.example.org/fate/", "flow.example.org", 80, "/fate"),
        ("http://[::1]:9380", "::1", 9380, ""),
    ],
)
def test_a_url_is_taken_apart(url: str, host: str, port: int, prefix: str) -> None:
    config = FlowClient.from_url(url).config
    assert (config.host, config.port, config.prefix) == (host, port, prefix)


def test_the_official_clients_arguments_work_by_position() -> None:
    client = FlowClient("127.0.0.1", 9380, "v1", "app", SECRET)
    assert client.config.base_url == "http://127.0.0.1:9380"
    assert client.config.app_key == "app"
    assert client.config.signs


def test_ipv6_addresses_are_bracketed() -> None:
    assert FlowClient("::1").config.base_url == "http://[::1]:9380"


BAD: dict[str, dict[str, Any]] = {
    "one key without the other": {"app_key": "a"},
    "the other without the one": {"secret_key": SECRET},
    "a key that is not ASCII": {"app_key": "ä", "secret_key": SECRET},
    "a secret that is not ASCII": {"app_key": "a", "secret_key": SECRET + "ü"},
    "a secret with a line break": {"app_key": "a", "secret_key": SECRET + "\n"},
    "a CA that is absent": {"ca": "/no/such/ca.pem"},
    "a certificate that is absent": {"cert": "/no/such/cert.pem"},
    "a key without a certificate": {"cert_key": __file__},
    "a CA that is not used": {"ca": __file__, "verify": False},
    "a timeout of 0": {"read_timeout": 0},
    "a negative deadline": {"deadline": -1},
    "a deadline that is no number": {"deadline": float("nan")},
    "a limit that holds no answer": {"max_reply_bytes": 10},
    "a user agent of two lines": {"user_agent": "a\r\nX: y"},
    "an unknown setting": {"colour": "red"},
    "a release of another world": {"server_release": "2.0"},
    "a release that is two": {"server_release": "1.7"},
}


@pytest.mark.parametrize("settings", BAD.values(), ids=BAD.keys())
def test_a_wrong_setting_is_refused_and_not_shown(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        FlowClient(**settings)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_retry_policy_makes_sense() -> None:
    for wrong in ({"attempts": 0}, {"base": -1.0}, {"cap": -1.0}):
        with pytest.raises(ConfigError):
            RetryPolicy(**wrong)  # type: ignore[arg-type]  # one of three numbers


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("x")
    environ = {
        "FATEFLOW_URL": "https://flow.example.org",
        "FATEFLOW_APP_KEY": "app",
        "FATEFLOW_SECRET_KEY": SECRET,
        "FATEFLOW_CA": str(ca),
        "FATEFLOW_CERT": "",
        "FATEFLOW_DEADLINE": "90",
        "FATEFLOW_VERIFY": "0",
    }
    config = FlowClient.from_env(environ).config
    assert config.base_url == "https://flow.example.org"
    assert config.ca == ca
    assert config.cert is None
    assert config.deadline == 90
    assert config.verify  # never switched off from outside
    assert config.secret_key is not None
    assert config.secret_key.get_secret_value() == SECRET


def test_an_empty_environment_means_this_machine() -> None:
    assert ClientConfig.from_env({}).base_url == "http://127.0.0.1:9380"


def test_a_deadline_in_the_environment_that_is_no_number_is_refused() -> None:
    with pytest.raises(ConfigError, match="FATEFLOW_DEADLINE"):
        ClientConfig.from_env({"FATEFLOW_DEADLINE": "soon"})


def test_the_process_environment_is_read_when_none_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FATEFLOW_URL", "http://flow.example.org:1234")
    assert FlowClient.from_env().config.port == 1234


def test_a_secret_is_in_no_text(caplog: pytest.LogCaptureFixture) -> None:
    client = FlowClient(app_key="app", secret_key=SECRET, proxies={"http": "http://u:w0rd@p:1"})
    with caplog.at_level(logging.DEBUG):
        texts = [repr(client), str(client), repr(client.config), str(client.config)]
        texts += [f"{client.config.secret_key}", repr(client.config.secret_key), caplog.text]
    for text in texts:
        assert SECRET not in text
        assert "w0rd" not in text


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(ConfigError, match="pickled"):
        pickle.dumps(ClientConfig.build("http://h:1", app_key="a", secret_key=SECRET))


@given(st.text(max_size=20), st.text(max_size=20))
def test_secrets_are_equal_as_their_values_are(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) == (one == other)
    assert Secret(one) != one
    assert hash(Secret(one)) == hash(Secret(str(one)))


@given(st.text(max_size=60))
def test_any_url_is_taken_or_refused_with_a_config_error(url: str) -> None:
    try:
        config = ClientConfig(base_url=url)
    except ConfigError:
        return
    assert config.host
    assert 1 <= config.port <= 65535


def test_making_a_client_and_closing_it_does_nothing_else() -> None:
    with FlowClient("no-such-host.invalid") as client:
        assert client.job is client.job
    client.close()
