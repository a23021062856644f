public import MartletCore
public import MartletNet
public import MartletPluginHost
public import MartletRouter
public import MartletSASL

/// All that a server is told before it starts: what `config.json` says, as values.
///
/// Those who embed the server fill it in; every property has a default.
public struct ServerSettings: Hashable, Sendable {
    /// The shards to make; zero is one for each processor that this process may use.
    public var shards = 0
    public var listeners: [ListenerSettings] = []
    public var domains: [DomainSettings] = []
    public var tls = TLSFiles()
    /// For new verifiers (RFC 7677 §4 asks for 4096 at least).
    public var iterations = 10_000
    public var clients = C2SLimits()
    public var throttle = ThrottlePolicy()
    /// Connections from one address, or from one /64 of IPv6.
    public var connectionsPerAddress = 100
    /// Bytes that wait for one client to read them before it is disconnected.
    public var writeBufferBytes = 2 * 1024 * 1024
    /// Where clients should resume lost sessions, as `host:port`; nil leaves that to DNS.
    public var resumptionLocation: String?
    /// Where administrators' programs find the server; nil for nowhere.
    public var adminSocket: String?
    /// How long stopping may take.
    public var shutdownTime = Duration.seconds(10)
    public var plugins = PluginSettings()
    public var s2s = S2SSettings()
    /// By their domains, prepared.
    public var components: [String: ComponentSettings] = [:]
    /// Which part of the server this process is; it stays so when other settings are taken over.
    public var role = ServerRole.whole
    public var services = ServicesSettings()

    public init() {}
}

/// A place where the server takes connections.
public struct ListenerSettings: Hashable, Sendable {
    public var address: SocketAddress
    public var terms: ListenerTerms

    /// Takes clients.
    public init(_ address: SocketAddress, _ terms: C2SListenerTerms = C2SListenerTerms()) {
        self.init(address, terms: .clients(terms))
    }

    public init(_ address: SocketAddress, terms: ListenerTerms) {
        self.address = address
        self.terms = terms
    }
}

/// Under which terms a listener takes clients.
public struct C2SListenerTerms: Hashable, Sendable {
    public enum TLSUse: String, Sendable {
        case startTLS = "starttls"
        /// TLS before anything else (XEP-0368).
        case direct
        case none
    }

    public var tls: TLSUse
    /// For load tests on a loopback address only.
    public var allowsPlainWithoutTLS: Bool

    public init(tls: TLSUse = .startTLS, allowsPlainWithoutTLS: Bool = false) {
        self.tls = tls
        self.allowsPlainWithoutTLS = allowsPlainWithoutTLS
    }
}

/// A virtual host.
public struct DomainSettings: Hashable, Sendable {
    /// Prepared, as `JID.domainpart` gives it.
    public var name: String
    public var limits: DomainLimits
    public var mechanisms: [SASLMechanismName]
    /// PEM files, where they are not found by the domain's name in `TLSFiles.folder`.
    public var certificate: String?
    public var key: String?
    /// Accounts that may do what administrators may, in this domain.
    public var administrators: [JID]
    /// Which plugins are at work here, where it is not as for all domains.
    public var plugins: [String: PluginChoice] = [:]
    public var s2s = DomainS2SSettings()

    public static let usualMechanisms: [SASLMechanismName] = SASLMechanismName.known
        .filter { $0 != .anonymous }

    public init(
        _ name: String,
        limits: DomainLimits = DomainLimits(),
        mechanisms: [SASLMechanismName] = usualMechanisms,
        certificate: String? = nil,
        key: String? = nil,
        administrators: [JID] = []
    ) {
        self.name = name
        self.limits = limits
        self.mechanisms = mechanisms
        self.certificate = certificate
        self.key = key
        self.administrators = administrators
    }
}

/// Which plugins there are, and which are at work in all domains.
public struct PluginSettings: Hashable, Sendable {
    /// Where they are looked for; of two with one name, the first is taken.
    public var folders: [String] = []
    /// By name; what is not named here is at work unless it says of itself that it is off by default.
    public var choices: [String: PluginChoice] = [:]
    /// Whether only those named are at work.
    public var isSelective = false
    /// Those without which the server does not start.
    public var required: [String] = []

    public init() {}
}

/// Where certificates are, and which ones are made.
public struct TLSFiles: Hashable, Sendable {
    /// Holds `<domain>.crt` and `<domain>.key`, or `<domain>.pem` with both; nil for no TLS at all.
    public var folder: String?
    /// Whether a domain without a certificate gets one that vouches for itself.
    public var makesMissing = true
    /// Whether clients are asked for a certificate (SASL EXTERNAL), and whose signature it needs.
    public var requestsClientCertificates = false
    public var clientAuthorities: String?
    public var allowsTLS12 = true

    public init() {}
}
