"""Grafana as companies have it: behind a proxy that wants headers and a certificate, at a sub-path, in one of several organisations."""

import ssl

import pytest

from glassbox.cli import main as command_line
from glassbox.http.certificates import VARIABLES
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.private_tls import Authority, tls_server
from tests.support.small_bundle import TOKENS
from tests.support.small_content import PRODUCT
from tests.support.tls_front import front_of

SECRET = "S3cr3t.of.the-proxy"
WANTED = {"CF-Access-Client-Id": "team", "CF-Access-Client-Secret": SECRET}
SETTINGS = """
grafana:
  headers: {CF-Access-Client-Id: id, CF-Access-Client-Secret: secret}
  client_certificate: client.pem
  client_key: client.key
"""
CERTIFICATE = "client_certificate: client.pem\n  client_key: client.key"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.client()
    return made


@pytest.fixture
def folder(authority, tmp_path, monkeypatch):
    """A folder with settings and the files that they name."""
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    (tmp_path / "id").write_text("team\n")
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    for name in ("client.pem", "client.key"):
        (tmp_path / name).write_bytes((authority.folder / name).read_bytes())
    return tmp_path


@pytest.fixture
def server():
    source = prometheus_source("http://127.0.0.1:9")
    options = {"tokens": TOKENS, "data_sources": [source], "search_lag_seconds": 0, "base_path": "/tools/grafana"}
    with GrafanaStandIn(**options) as running:
        yield running


@pytest.fixture
def run(folder, capsys):
    def with_settings(text, *arguments):
        file = folder / "settings.yaml"
        file.write_text(text)
        code = command_line.main(PRODUCT, ["--settings", str(file), *arguments])
        return code, *capsys.readouterr()

    return with_settings


def test_a_push_passes_a_proxy_that_wants_headers_and_a_certificate(authority, server, run, folder):
    seen = []
    with tls_server(authority.asking(), front_of(server.url, WANTED, seen)) as port:
        url = f"https://127.0.0.1:{port}/tools/grafana"
        code, out, error = run(SETTINGS, "--grafana", url, "--backups", str(folder / "backups"))
        assert code == 0
        assert f" at {url}, organisation 'Main Org.', folder 'glassbox'" in out
        assert run(SETTINGS, "plan", "--grafana", url)[0] == 0
    assert set(server.state.dashboards) == {"glassbox-queue"}
    assert {each["cf-access-client-secret"] for each in seen} == {SECRET}
    kept = "".join(file.read_text() for file in (folder / "backups").iterdir())
    assert SECRET not in out + error + kept


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ((CERTIFICATE, ""), "check Grafana's log and the proxy in front of it, and whether it wants a client certificate."),
        (("CF-Access-Client-Secret: secret", "CF-Access-Client-Secret: id"), "answered 302 to https://login.example.com/, and redirects are not followed"),
        (("client_key: client.key", "client_key: client.pem"), "cannot be used ("),
        (("client_key: client.key", "client_key: gone.key"), "cannot be read (No such file or directory): correct the paths."),
        (("CF-Access-Client-Secret: secret", "CF-Access-Client-Secret: gone"), "gone cannot be read (No such file or directory)"),
    ],
)  # fmt: skip  # a case is a line
def test_what_is_missing_on_the_way_is_one_sentence(authority, server, run, change, sentence):
    with tls_server(authority.asking(), front_of(server.url, WANTED, [])) as port:
        code, out, error = run(
            SETTINGS.replace(*change), "plan", "--grafana", f"https://127.0.0.1:{port}/tools/grafana"
        )
    assert (code, out, error.count("\n")) == (1, "", 1)
    assert sentence in error
    assert SECRET not in error
    assert "token=secret" not in error


def test_a_server_that_says_so_wants_a_certificate(authority, server, run):
    with tls_server(authority.asking(ssl.TLSVersion.TLSv1_2), front_of(server.url, WANTED, [])) as port:
        url = f"https://127.0.0.1:{port}/tools/grafana"
        code, _, error = run(SETTINGS.replace(CERTIFICATE, ""), "plan", "--grafana", url)
    assert (code, "wants a client certificate that it accepts (" in error) == (1, True)


def test_a_header_with_a_line_break_is_refused_and_not_repeated(run, folder):
    (folder / "secret").write_text(f"a\n{SECRET}")
    code, _, error = run(SETTINGS, "plan", "--grafana", "https://127.0.0.1:9")
    assert (code, "does not hold a value that the header CF-Access-Client-Secret can have" in error) == (1, True)
    assert SECRET not in error


def test_a_key_with_a_password_is_refused_without_asking_for_it(authority, run, folder):
    authority._openssl("rsa", "-aes256", "-passout", "pass:x", "-in", "client.key", "-out", "locked.key")
    (folder / "client.key").write_bytes((authority.folder / "locked.key").read_bytes())
    code, _, error = run(SETTINGS, "plan", "--grafana", "https://127.0.0.1:9")
    assert (code, "its own key without a password" in error) == (1, True)


def test_a_certificate_for_plain_http_is_refused(run):
    code, _, error = run(SETTINGS, "plan", "--grafana", "http://127.0.0.1:9")
    assert (code, "grafana.client_certificate is for servers that speak https" in error) == (1, True)


def test_a_secret_header_that_the_server_repeats_is_masked(authority, server, run):
    server.faults.answer("/api/datasources", status=400, body={"message": f"no such header {SECRET}"})
    with tls_server(authority.asking(), front_of(server.url, WANTED, [])) as port:
        _, _, error = run(SETTINGS, "plan", "--grafana", f"https://127.0.0.1:{port}/tools/grafana")
    assert "no such header ***" in error
    assert SECRET not in error


def test_the_organisation_of_the_settings_is_asked_for_and_must_answer(server, run, monkeypatch):
    url = server.url
    assert run("grafana: {organisation_id: 1}", "plan", "--grafana", url)[0] == 2
    code, out, error = run("grafana: {organisation_id: 7}", "plan", "--grafana", url)
    assert (code, out) == (1, "")
    assert "the token belongs to another organisation: use one of grafana.organisation_id, or correct that setting" in error  # fmt: skip  # a sentence
    # A log-in with a password, and a server that does not look at the header.
    monkeypatch.delenv("GRAFANA_TOKEN")
    monkeypatch.setenv("GRAFANA_USER", "admin")
    monkeypatch.setenv("GRAFANA_PASSWORD", "admin")
    code, _, error = run("grafana: {organisation_id: 7}", "--grafana", url)
    assert code == 1
    assert "Grafana answers for the organisation 1 ('Main Org.'), and grafana.organisation_id is 7" in error
    assert server.writes == []


def test_no_proxy_is_used_for_this_machine(server, run, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert run("", "plan", "--grafana", server.url)[0] == 2
