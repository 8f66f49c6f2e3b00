"""Who is at the door: behind proxies we trust, and behind those anybody can claim to be."""

import pytest

from apps.integrations.addresses import address, network, sender

PROXIES = [network("10.0.0.0/8"), network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "is_from"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # no proxy of ours: nobody believes it
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.9.9.9", "198.51.100.1"),  # 1.2.3.4 is a mere claim
        ("10.0.0.1", "10.0.0.7, 10.0.0.8", "10.0.0.7"),
        ("10.0.0.1", "1.2.3.4, unknown", None),
        ("10.0.0.1", "198.51.100.1:5012", "198.51.100.1"),
        ("fd00::1", "[2001:db8::5]:443", "2001:db8::5"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("", "", None),
        ("fd00::1%eth0", "2001:db8::5", "2001:db8::5"),
    ],
)
def test_the_sender_is_the_last_address_that_no_trusted_proxy_has(
    settings, peer, forwarded, is_from
):
    settings.TRUSTED_PROXIES = PROXIES

    found = sender({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded})

    assert (str(found) if found else None) == is_from


def test_without_trusted_proxies_no_header_is_believed(settings):
    settings.TRUSTED_PROXIES = []
    environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}
    assert str(sender(environ)) == "10.0.0.1"


def test_a_header_of_a_thousand_hops_is_not_walked_to_its_end(settings):
    settings.TRUSTED_PROXIES = PROXIES
    hops = "198.51.100.1," + ",".join(["10.0.0.2"] * 1000)
    found = sender({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": hops})
    assert str(found) == "10.0.0.2"


def test_ipv4_written_as_ipv6_is_ipv4():
    assert str(network("::ffff:203.0.113.0/120")) == "203.0.113.0/24"
    assert str(network("203.0.113.7/24")) == "203.0.113.0/24"
    assert address("::ffff:203.0.113.7") in network("203.0.113.0/24")


@pytest.mark.parametrize("text", ["", "nonsense", "300.1.1.1", "203.0.113.0/33"])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        network(text)
