-- Debian's prosody as benchmarks/compare starts it beside another; it fills in folder, ports and domains.
-- What RFC 6120 and 6121 ask for and no more, as the other servers are given.
run_as_root = true
pidfile = "$folder/prosody.pid"
data_path = "$folder/data"
certificates = "$folder/certificates"
log = { warn = "*console" }

-- Without Nagle a chat costs as much or a tenth more; presence costs the same and comes sooner.
network_backend = "epoll"
gc = { mode = "generational" } -- less work than the incremental one that is the default

-- Each proves itself by its certificate; dialback is not asked for, nor a name server.
plugin_paths = { "$here" }
modules_enabled = { "roster"; "saslauth"; "tls"; "disco"; "peer_place" }
peer_places = { ["$peer"] = $peer_port }
s2s_require_encryption = true
s2s_secure_auth = true

interfaces = { "127.0.0.1" }
c2s_ports = { $none, $starttls } -- who talks to the first does not ask for TLS
c2s_direct_tls_ports = { $direct }
s2s_ports = { $s2s }
c2s_require_encryption = false
c2s_timeout = 600
storage = "internal"
limits = {}

ssl = {
    certificate = "$folder/certificates/$domain.pem";
    key = "$folder/certificates/$domain.pem";
    cafile = "$authority";
}

VirtualHost "$domain"
    authentication = "anonymous"
    allow_anonymous_s2s = true
