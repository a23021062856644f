import MartletCore
import MartletNet
public import MartletStreams

/// Federation: how this server meets others (`s2s` in `config.json`).
public struct S2SSettings: Hashable, Sendable {
    /// Whether there are other servers at all; who embeds the server says so.
    public var isEnabled = false
    /// Whether streams may carry both directions (XEP-0288).
    public var isBidirectional = true
    /// Whether stanzas are acknowledged (XEP-0198), where the peer can.
    public var hasStreamManagement = true
    /// What every peer must do, where nothing else is said for it; `pins` and `isAdmitted` are unused.
    public var trust = PeerTrust()
    /// A PEM file of those whose certificates are believed; nil for the system's.
    public var authorities: String?
    /// Whether peers may be at addresses that only this machine or its network can reach.
    public var allowsPrivateAddresses = false
    /// Name servers as `address` or `address:port`; none for those of resolv.conf(5).
    public var nameServers: [String] = []
    /// DS or DNSKEY records, one a text.
    public var trustAnchors: [String] = []
    /// Of which dialback keys are made; nil for a secret of the server's own.
    public var dialbackSecret: Secret?
    public var lists = PeerLists()
    /// By the peer's domain, prepared.
    public var peers: [String: PeerSettings] = [:]
    public var limits = S2SLimits()

    public init() {}
}

/// Which peers are admitted; a name may begin with `*.` for all names under it.
public struct PeerLists: Hashable, Sendable {
    /// When it is not empty, nobody else.
    public var allow: [String] = []
    /// These never, even when they are allowed.
    public var block: [String] = []

    public init() {}
}

/// What is said of one peer.
public struct PeerSettings: Hashable, Sendable {
    /// A name or an address, where its server is, whatever the DNS says.
    public var address: String?
    public var port: UInt16 = 5269
    public var usesDirectTLS = false
    /// As for all peers where nil.
    public var tls: PeerTrust.TLS?
    public var proof: PeerTrust.Proof?
    /// SHA-256 digests of certificates that are believed, whoever signed them.
    public var fingerprints: [[UInt8]] = []

    public init() {}
}

/// What a domain of ours has of its own about peers (`domains.X.s2s`).
public struct DomainS2SSettings: Hashable, Sendable {
    public var isEnabled: Bool?
    public var tls: PeerTrust.TLS?
    public var proof: PeerTrust.Proof?
    /// In place of those for all domains where not nil.
    public var lists: PeerLists?

    public init() {}
}

/// Bounds on streams between servers; each is a key under `s2s.limits`.
public struct S2SLimits: Hashable, Sendable {
    public var stanzaBytes = 524_288
    public var stanzasPerSecond = 500
    public var burstStanzas = 2_000
    public var bytesPerSecond = 1_048_576
    public var burstBytes = 4_194_304
    public var pairs = S2SPairLimits()
    /// Dialback questions under way in the process.
    public var verifiesUnderWay = 256
    /// Dialback requests from one address in a minute.
    public var verifiesPerAddressPerMinute = 60
    /// Incoming streams from one address on which nothing is proved yet.
    public var strangersPerAddress = 20
    /// Incoming streams that speak for one peer domain.
    public var streamsPerPeer = 16
    /// From accepting a connection to its first pair.
    public var authTime = Duration.seconds(60)
    /// From the connection to the first pair, outgoing.
    public var negotiationTime = Duration.seconds(20)
    /// From the first stanza to the first pair, look-ups and all places tried included.
    public var attemptTime = Duration.seconds(60)
    public var verifyTime = Duration.seconds(20)
    /// For an acknowledgement (XEP-0198).
    public var ackTime = Duration.seconds(60)
    public var idleTime = Duration.seconds(600)
    public var tlsTime = Duration.seconds(10)
    public var closingTime = Duration.seconds(5)
    /// What waits for one pair.
    public var queueStanzas = 1_000
    public var queueBytes = 4_194_304
    /// What waits for all peers.
    public var totalQueueBytes = 67_108_864
    /// Pairs of which something is known, a shard.
    public var pairsPerShard = 10_000
    /// Peers that are being sought at once, a shard.
    public var attemptsPerShard = 1_000
    /// How long a peer rests after the first failure; it doubles with each, up to the limit.
    public var backoffTime = Duration.seconds(5)
    public var backoffLimit = Duration.seconds(300)

    public init() {}
}

/// A service outside of the process (XEP-0114), by its domain in `ServerSettings.components`.
public struct ComponentSettings: Hashable, Sendable {
    /// What becomes of the domain's stanzas while no component is there.
    public enum Absence: String, Hashable, Sendable, CaseIterable { case refuse, queue }

    /// What becomes of one more connection than there may be.
    public enum Surplus: String, Hashable, Sendable, CaseIterable { case refuse, replace }

    public var secret: Secret
    /// Whether a plugin keeps the domain, and it is outside only where the server has processes for roles.
    public var isKeptByPlugin = false
    public var connections = 1
    public var whenTaken = Surplus.refuse
    public var whileAway = Absence.refuse
    public var queueStanzas = 1_000
    public var queueBytes = 1_048_576
    public var queueTime = Duration.seconds(60)
    public var stanzaBytes = 524_288
    /// What one connection may send; a faster one is read from more slowly.
    public var stanzasPerSecond = 5_000
    public var burstStanzas = 20_000
    public var bytesPerSecond = 16_777_216
    public var burstBytes = 67_108_864

    public init(secret: Secret) {
        self.secret = secret
    }
}

/// What nobody may read in a log: it describes itself as nothing.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public var description: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Whom a listener takes, and under which terms.
public enum ListenerTerms: Hashable, Sendable {
    case clients(C2SListenerTerms)
    case servers(S2SListenerTerms)
    case components(ComponentListenerTerms = ComponentListenerTerms())
}

/// Under which terms a listener takes other servers.
public struct S2SListenerTerms: Hashable, Sendable {
    /// TLS before anything else (XEP-0368).
    public var isDirect: Bool

    public init(isDirect: Bool = false) {
        self.isDirect = isDirect
    }
}

/// Under which terms a listener takes components.
public struct ComponentListenerTerms: Hashable, Sendable {
    /// TLS before anything else; XEP-0114 knows no STARTTLS.
    public var isDirect: Bool
    /// Where there is no TLS: whether a private network may come, beside this machine.
    public var isInsecure: Bool

    public init(isDirect: Bool = false, isInsecure: Bool = false) {
        self.isDirect = isDirect
        self.isInsecure = isInsecure
    }
}
