"""Where the tower may call: never inside a network, whatever a name says now or a moment later."""

import ipaddress
import socket
import time

import httpcore
import pytest
from django.utils import timezone

from apps.integrations.formats.schemes import SCHEMES
from apps.integrations.outgoing import guard
from apps.integrations.outgoing.errors import AddressNotAllowed
from apps.integrations.outgoing.sending import Line

SECRET = SCHEMES["standard_webhooks"].generate()


def post(url: str):
    line = Line()
    try:
        return line.post(url, "{}", [SECRET], "dlv_1", timezone.now())
    finally:
        line.close()


@pytest.fixture
def outside(settings) -> None:
    """No host may lie inside the network."""
    settings.OUTGOING_ALLOW_PRIVATE = []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "100.64.0.1", "100.100.100.200", "169.254.169.254", "168.63.129.16", "192.0.0.192", "198.18.0.1",
        "224.0.0.1", "239.255.255.250", "255.255.255.255", "203.0.113.9",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::",
        "2001:0:1::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::127.0.0.1",
        "::ffff:0:127.0.0.1",
    ],
)  # fmt: skip
def test_no_address_inside_a_network_or_of_special_use_is_called(address):
    with pytest.raises(AddressNotAllowed):
        guard.must_be_public([ipaddress.ip_address(address)])


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "172.15.0.1", "100.63.0.1"]
)
def test_public_addresses_are_called(address):
    guard.must_be_public([ipaddress.ip_address(address)])


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest/",
        "http://example.com/", "file:///etc/passwd", "gopher://example.com/", "https://user:pw@example.com/",
        "https://example.com:0/", "https://example.com:99999/", "https://exa mple.com/", "https://example.com/\r\nX: y",
        "https://" + "a" * 600, "//example.com/", "https://", "https://a..example/", f"https://{'a' * 64}.example/",
    ],
)  # fmt: skip
def test_an_address_that_is_never_called_is_refused_when_it_is_written(url, outside):
    with pytest.raises(AddressNotAllowed):
        guard.target(url)


@pytest.mark.parametrize(
    "url",
    ["https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://localhost/"],
)
def test_odd_ways_to_write_this_machine_are_found_when_resolved(url, outside):
    answer = post(url)
    assert answer.outcome in ("blocked", "unreachable")
    assert answer.http_status is None


def test_a_name_that_points_inside_is_not_called(outside, monkeypatch, receiver):
    """The name is public; what it resolves to is this machine, where a receiver would take it."""
    port = int(receiver.url.split(":")[2].split("/")[0])
    _resolves(monkeypatch, [["127.0.0.1"]])

    assert post(f"https://public.example:{port}/").outcome == "blocked"
    assert receiver.got == []


def test_one_address_of_several_inside_is_enough_to_refuse(outside, monkeypatch):
    _resolves(monkeypatch, [["93.184.216.34", "10.0.0.1"]])
    assert post("https://public.example/").outcome == "blocked"


def test_a_name_that_turns_inside_after_the_check_is_connected_to_what_was_checked(
    outside, monkeypatch
):
    """DNS rebinding: the name is asked once, and the checked address is the one that is connected to."""
    asked = _resolves(monkeypatch, [["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    connected: list[str] = []

    def connect(self, host, port, *_, **__):
        connected.append(host)
        raise httpcore.ConnectError("nobody there")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    assert post("https://rebinding.example/").outcome == "unreachable"
    assert connected == ["93.184.216.34"]
    assert asked == ["rebinding.example"]


def test_a_host_that_is_named_may_lie_inside_and_others_may_not(settings, receiver, receivers):
    settings.OUTGOING_ALLOW_PRIVATE = ["localhost"]
    port = receiver.url.split(":")[2]
    assert post(f"http://localhost:{port}").outcome == "sent"
    assert post(receiver.url).outcome == "blocked"
    settings.OUTGOING_ALLOW_PRIVATE = ["*"]
    assert post(receiver.url).outcome == "sent"


def test_proxies_of_the_environment_are_not_used(monkeypatch, receiver, settings):
    """A proxy would resolve the name for us, unchecked."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    settings.OUTGOING_ALLOW_PRIVATE = ["127.0.0.1"]
    assert post(receiver.url).outcome == "sent"


def test_a_receiver_that_drips_its_answer_does_not_hold_the_lane(monkeypatch, settings):
    """Each byte comes in time, the whole answer never: the call has an end of its own."""
    settings.OUTGOING_ALLOW_PRIVATE = ["127.0.0.1"]
    monkeypatch.setattr(guard, "WHOLE_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        import threading

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                for sign in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50:
                    try:
                        peer.send(bytes([sign]))
                    except OSError:
                        return
                    time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        answer = post(f"http://127.0.0.1:{server.getsockname()[1]}/")
    assert answer.outcome == "timed_out"


def _resolves(monkeypatch, answers: list[list[str]]) -> list[str]:
    """Name servers answer with these, one list after the other; returns the names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host, port, *_, **__):
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in answers[min(len(asked), len(answers)) - 1]
        ]

    monkeypatch.setattr(guard.socket, "getaddrinfo", getaddrinfo)
    return asked


def test_an_address_with_other_letters_goes_over_the_line_in_ascii(outside):
    to = guard.target("https://bücher.example/hooké?name=Zoë&a=%20#part")

    assert to.url == "https://xn--bcher-kva.example/hook%C3%A9?name=Zo%C3%AB&a=%20"
    assert to.host == "xn--bcher-kva.example"


def test_a_path_with_other_letters_is_called(receiver, settings):
    settings.OUTGOING_ALLOW_PRIVATE = ["127.0.0.1"]
    assert post(receiver.url + "/é").outcome == "sent"
    assert receiver.got[0].path == "/events/%C3%A9"


def test_what_nobody_foresaw_is_a_failed_try_with_its_reason(receiver, settings, monkeypatch):
    settings.OUTGOING_ALLOW_PRIVATE = ["127.0.0.1"]

    def odd(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("apps.integrations.outgoing.sending._judged", odd)
    answer = post(receiver.url)
    assert (answer.outcome, "ZeroDivisionError" in answer.says) == ("broken_off", True)
