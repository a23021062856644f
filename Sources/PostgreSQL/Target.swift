import CPostgreSQL
import Glibc

/// Where the database is and how to get in, from a connection URI and what libpq adds to it: the
/// environment, the service file, the defaults (PostgreSQL documentation, §34.1).
///
/// It holds the password, if there is one: never logged.
struct Target: Sendable {
    /// A server of the list in the URI.
    struct Host: Hashable, Sendable {
        /// A name, a folder of sockets, or nil for libpq's default.
        var name: String?
        /// A numeric address, if that was given.
        var address: String?
        var port: String?

        /// Whether there is nothing to look up.
        var isLocal: Bool { name.map { $0.hasPrefix("/") || $0.hasPrefix("@") } ?? true }
    }

    var hosts: [Host]
    /// What is handed to libpq for whichever host, by keyword.
    var settings: [String: String]
    /// `any`, `read-write` …: `target_session_attrs`, in the order in which they are tried.
    var sessionKinds: [String]
    /// For one host.
    var connectTimeout: Duration
    /// Whether statements are prepared by name; not through pgbouncer's transaction pooling.
    var prepares: Bool

    /// Reads a URI, or `keyword=value …`.
    ///
    /// - Throws: `refused`, in words that show nothing of the text.
    init(_ url: String, options: PoolOptions) throws(DatabaseError) {
        let (url, prepares) = Self.takeOwn(url)
        var found = try Self.merged(url)
        self.prepares = prepares ?? options.prepares
        hosts = try Self.hosts(
            names: found.removeValue(forKey: "host"),
            addresses: found.removeValue(forKey: "hostaddr"),
            ports: found.removeValue(forKey: "port"),
            isShuffled: found.removeValue(forKey: "load_balance_hosts") == "random"
        )
        // Of several hosts, one takes writes and the others follow it.
        let usual = hosts.count > 1 ? "read-write" : "any"
        let kind = found.removeValue(forKey: "target_session_attrs") ?? usual
        sessionKinds = kind == "prefer-standby" ? ["standby", "any"] : [kind]
        let seconds = found.removeValue(forKey: "connect_timeout").flatMap(Int.init) ?? 0
        connectTimeout = seconds > 0 ? .seconds(seconds) : options.connectTimeout
        for keyword in ["service", "servicefile", "replication"] { found[keyword] = nil }
        settings = found
        addDefaults(options)
    }

    private mutating func addDefaults(_ options: PoolOptions) {
        settings["client_encoding"] = "UTF8"
        let silence = String(max(1, options.answerLimit.components.seconds) * 1000)
        let defaults = [
            ("fallback_application_name", "martlet"), ("keepalives_idle", "30"),
            ("keepalives_interval", "10"), ("keepalives_count", "3"), ("tcp_user_timeout", silence),
        ]
        for (keyword, value) in defaults where settings[keyword] == nil {
            settings[keyword] = value
        }
        if settings["tcp_user_timeout"] == "0" { settings["tcp_user_timeout"] = silence }
        // Kerberos may ask its servers, and waits for them.
        if settings["gssencmode"] != "require" { settings["gssencmode"] = "disable" }
        // pgbouncer refuses what it does not know at the start of a session.
        guard prepares else { return }
        settings["options"] = [options.sessionSettings, settings["options"]]
            .compactMap(\.self).joined(separator: " ")
    }

    /// Takes `prepare=off` out of a URI, which libpq does not know.
    private static func takeOwn(_ url: String) -> (url: String, prepares: Bool?) {
        guard let mark = url.lastIndex(of: "?") else { return (url, nil) }
        let words = url[url.index(after: mark)...].split(separator: "&")
        let rest = words.filter { !$0.hasPrefix("prepare=") }
        guard rest.count < words.count else { return (url, nil) }
        let own = words.last { $0.hasPrefix("prepare=") }
        let query = rest.isEmpty ? "" : "?" + rest.joined(separator: "&")
        return (url[..<mark] + query, !["prepare=off", "prepare=false", "prepare=0"].contains(own))
    }

    /// All that libpq would connect with, by keyword.
    private static func merged(_ url: String) throws(DatabaseError) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(url, &message) else {
            defer { PQfreemem(message) }
            let reason = message.map { String(cString: $0) } ?? "no memory"
            throw .refused("the URL is no connection URI: \(Secrets.withoutQuotations(reason))")
        }
        let given = read(parsed)
        // An option that does not exist ends the attempt where all is read and nothing looked up.
        let connection = withArrays([("dbname", url), ("gssencmode", "martlet")]) {
            PQconnectStartParams($0, $1, 1)
        }
        guard let connection else { throw .unavailable("no memory") }
        defer { PQfinish(connection) }
        let reason = String(cString: PQerrorMessage(connection))
        guard reason.contains("gssencmode"), let options = PQconninfo(connection) else {
            throw .refused("the URL cannot be used: \(Secrets.withoutQuotations(reason))")
        }
        var merged = read(options)
        merged["gssencmode"] = given["gssencmode"] ?? environment("PGGSSENCMODE")
        // What libpq takes when nobody says anything is no wish.
        if merged["target_session_attrs"] == "any" {
            merged["target_session_attrs"] =
                given["target_session_attrs"] ?? environment("PGTARGETSESSIONATTRS")
        }
        return merged
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func read(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String]
    {
        defer { PQconninfoFree(options) }
        var found: [String: String] = [:]
        for option in sequence(first: options, next: { $0 + 1 }) {
            guard let keyword = option.pointee.keyword else { break }
            guard let value = option.pointee.val, value.pointee != 0 else { continue }
            found[String(cString: keyword)] = String(cString: value)
        }
        return found
    }

    /// Pairs the lists that the URI gives, as libpq does.
    private static func hosts(
        names: String?,
        addresses: String?,
        ports: String?,
        isShuffled: Bool
    ) throws(DatabaseError) -> [Host] {
        func list(_ text: String?) -> [String] {
            text?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
        }
        let (names, addresses, ports) = (list(names), list(addresses), list(ports))
        func entry(_ list: [String], _ index: Int) -> String? {
            let entry = list.count == 1 ? list.first : list.dropFirst(index).first
            return entry.flatMap { $0.isEmpty ? nil : $0 }
        }
        let hosts = (0..<max(1, names.count, addresses.count)).map { index in
            let name = names.dropFirst(index).first.flatMap { $0.isEmpty ? nil : $0 }
            let address = addresses.dropFirst(index).first.flatMap { $0.isEmpty ? nil : $0 }
            return Host(name: name, address: address, port: entry(ports, index))
        }
        // A password with an `@` or `/` that was not written `%40` makes such names, and ports.
        guard hosts.allSatisfy({ $0.isLocal || $0.name?.contains(where: "@/ ".contains) == false })
        else {
            throw .refused("the URL names a host that is none; is the password percent-encoded?")
        }
        guard hosts.allSatisfy({ $0.port.map { (UInt16($0) ?? 0) > 0 } ?? true }) else {
            throw .refused("the URL names a port that is none; is the password percent-encoded?")
        }
        return isShuffled ? hosts.shuffled() : hosts
    }
}
