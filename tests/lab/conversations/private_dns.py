"""Names asked for over TLS and over HTTPS, with GET and with POST, and then the request for one.

kdig asks two questions over one connection to port 853, and one that has no answer; then over HTTPS
with HTTP/2. curl looks the resolver itself up in the clear, asks it over HTTPS for both address
families of `www.seed.test`, and fetches a picture from there.
"""

from labkit.names import RESOLVER


def talk(scene):
    scene.private_resolver(RESOLVER)
    scene.kdig("over TLS, two questions", RESOLVER, 853, "+tls", "+keepopen", "www.seed.test", "A",
               "static.garden.test", "A")
    scene.kdig("over TLS, no such name", RESOLVER, 853, "+tls", "missing.seed.test", "A")
    scene.kdig("over HTTPS, POST", RESOLVER, 443, "+https", "www.news.test", "A")
    scene.kdig("over HTTPS, GET", RESOLVER, 443, "+https", "+https-get", "www.news.test", "A")
    scene.curl("a picture, its name asked for over HTTPS", "http://www.seed.test/one.png",
               "--doh-url", f"https://{RESOLVER}/dns-query")
