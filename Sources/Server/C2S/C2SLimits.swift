import MartletNet
public import MartletXML

/// Bounds on one client's connection; each is a key under `limits` in `config.json`.
public struct C2SLimits: Hashable, Sendable {
    public var beforeLogin = XMLLimits.preAuthentication
    public var afterLogin = XMLLimits.standard
    /// Connections from one address that have not logged in; further ones are closed at once.
    public var strangersPerAddress = 20
    /// From the first byte of TLS to its last handshake message.
    public var tlsTime = Duration.seconds(10)
    /// From accepting the connection to a bound resource.
    public var loginTime = Duration.seconds(30)
    /// For the last bytes and the peer's goodbye, once the stream is closed.
    public var closingTime = Duration.seconds(5)
    /// How long a client may be silent before it is asked whether it is there.
    public var idleTime = Duration.seconds(300)
    /// How long it then has to say anything.
    public var pingTime = Duration.seconds(60)
    public var bytesPerSecond = 20 * 1024
    public var burstBytes = 64 * 1024
    public var stanzasPerSecond = 50
    public var burstStanzas = 200

    public init() {}

    func makeByteBucket(at now: ShardInstant) -> TokenBucket {
        TokenBucket(rate: bytesPerSecond, burst: burstBytes, now: now)
    }

    func makeStanzaBucket(at now: ShardInstant) -> TokenBucket {
        TokenBucket(rate: stanzasPerSecond, burst: burstStanzas, now: now)
    }
}
