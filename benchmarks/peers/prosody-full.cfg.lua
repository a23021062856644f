-- Debian's prosody as benchmarks/compare starts it; it fills in folder and ports.
-- What Debian's configuration has switched on for users, and the archive, in files of its own: in
-- SQLite a message costs 1.6 times as much, with SQLite's log written ahead, or 4 times.
run_as_root = true
pidfile = "$folder/prosody.pid"
data_path = "$folder/data"
certificates = "$folder/certificates"
log = { warn = "*console" }

-- Without Nagle a chat costs as much or a tenth more; presence costs the same and comes sooner.
network_backend = "epoll"
gc = { mode = "generational" } -- less work than the incremental one that is the default

modules_enabled = {
    "roster"; "saslauth"; "tls"; "disco";
    "blocklist"; "bookmarks"; "carbons"; "csi_simple"; "pep"; "private"; "smacks"; "vcard4";
    "vcard_legacy"; "ping"; "time"; "uptime"; "version";
    "mam";
}
modules_disabled = { "s2s"; "s2s_auth_certs" }

interfaces = { "127.0.0.1" }
c2s_ports = { $none, $starttls } -- who talks to the first does not ask for TLS
c2s_direct_tls_ports = { $direct }
s2s_ports = {}
c2s_require_encryption = false
c2s_timeout = 600
authentication = "internal_hashed"
storage = "internal"
limits = {}

ssl = {
    certificate = "$folder/certificates/localhost.pem";
    key = "$folder/certificates/localhost.pem";
}

VirtualHost "localhost"

VirtualHost "anonymous.localhost"
    authentication = "anonymous"
