"""The page's server: what it answers, refuses, and never gives away."""

import http.client
import json
import pathlib
import socket
import time
import urllib.parse
import urllib.request

import pytest


@pytest.fixture
def ask(served):
    """`ask(method, path, body, headers)`: status, headers and text of an answer."""
    place = urllib.parse.urlsplit(served.url)

    def request(method, path, body=None, headers=None, *, chunked=False):
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        connection.request(method, path, body, headers or {}, encode_chunked=chunked)
        answer = connection.getresponse()
        content = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, dict(answer.getheaders()), content

    return request


def form(content, name="a.png"):
    """A multipart body and its headers."""
    head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n--b--\r\n", {
        "Content-Type": "multipart/form-data; boundary=b"
    }


@pytest.mark.parametrize("path", ["/", "/config", "/theme.css", "/nothing"])
def test_every_answer_has_the_policy(ask, path):
    _, headers, _ = ask("GET", path)
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "connect-src 'self'" in policy
    assert "http" not in policy and "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_the_page_offers_no_more_than_itself(ask):
    status, _, text = ask("GET", "/config")
    config = json.loads(text)
    assert status == 200 and config["analytics_enabled"] is False
    assert [d["api_visibility"] for d in config["dependencies"]].count("public") == 0
    for path in ("/docs", "/openapi.json", "/monitoring"):
        assert ask("GET", path)[0] in (403, 404), path


def test_fonts_and_styles_are_the_pages_own(ask):
    for path in ("/", "/theme.css"):
        assert "fonts.googleapis" not in ask("GET", path)[2]


def test_files_of_this_machine_are_not_served(ask, tmp_path):
    (tmp_path / "private.txt").write_text("secret")
    for path in ("/etc/passwd", str(tmp_path / "private.txt"), "app.py", "../../../etc/passwd"):
        status, _, text = ask("GET", f"/gradio_api/file={path}")
        assert status in (400, 403, 404) and "secret" not in text and "root:" not in text, path


def test_an_upload_is_taken_up_to_the_limit(ask):
    status, _, text = ask("POST", "/gradio_api/upload", *form(bytes(900_000)))
    assert status == 200 and json.loads(text)[0].endswith("a.png")
    assert ask("POST", "/gradio_api/upload", *form(bytes(1_100_000)))[0] == 413


def test_requests_are_bounded_whatever_they_hold(ask):
    """By their own word, or by what comes where they do not tell."""
    body, headers = form(bytes(5_500_000))
    assert ask("POST", "/gradio_api/upload", body, headers)[0] == 413
    join = {"Content-Type": "application/json"}
    assert ask("POST", "/gradio_api/queue/join", b" " * 5_500_000, join)[0] == 413
    pieces = iter([b" " * 100_000] * 60)
    chunks = join | {"Transfer-Encoding": "chunked"}
    assert ask("POST", "/gradio_api/queue/join", pieces, chunks, chunked=True)[0] == 413
    assert ask("POST", "/gradio_api/queue/join", b"{}", {"Content-Length": "2"} | join)[0] == 422


def test_other_names_of_this_machine_are_refused(ask):
    """A page elsewhere whose name is made to mean this machine must not reach it."""
    assert ask("GET", "/", headers={"Host": "evil.example"})[0] == 400
    assert ask("GET", "/", headers={"Host": "localhost"})[0] == 200


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("box.example", False)],
)  # fmt: skip
def test_loopback_is_known(gradio, host, local):
    from keypointnet_tf.web.server import ServerConfig

    assert ServerConfig().local and ServerConfig(host=host).local is local


def test_a_taken_port_is_named(gradio):
    from keypointnet_tf.web.server import ServerConfig, address, bind

    with bind(ServerConfig(port=0)) as first:
        port = first.getsockname()[1]
        assert address(first) == f"http://127.0.0.1:{port}/"
        with pytest.raises(ValueError, match=f"127.0.0.1:{port} cannot be listened at"):
            bind(ServerConfig(port=port))
    with pytest.raises(ValueError, match="no.such.host.invalid:1 cannot be listened at"):
        bind(ServerConfig(host="no.such.host.invalid", port=1))


def test_old_uploads_are_removed_while_it_serves(gradio, bench, serve, tmp_path, monkeypatch):
    from keypointnet_tf.web import page

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(page, "CLEAN_EVERY_SECONDS", 1)
    monkeypatch.setattr(page, "FILES_KEPT_SECONDS", 1)
    with serve(bench, tmp_path) as url:
        body, headers = form(b"content")
        request = urllib.request.Request(url + "gradio_api/upload", body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            path = pathlib.Path(json.loads(answer.read())[0])
        assert path.is_relative_to(tmp_path)
        end = time.monotonic() + 60
        while path.exists():
            assert time.monotonic() < end, "it is still there"
            time.sleep(0.2)


def test_it_listens_on_loopback_alone(served):
    """The same port of this machine's other addresses is closed."""
    port = urllib.parse.urlsplit(served.url).port
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)}
    for host in others - {"127.0.0.1"}:
        with pytest.raises(OSError):
            socket.create_connection((host, port), timeout=5).close()
