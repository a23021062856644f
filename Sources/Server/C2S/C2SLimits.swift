import MartletNet
import MartletXML

/// Bounds on one client's connection; each is a key under `limits` in `config.json`.
struct C2SLimits: Sendable {
    var beforeLogin = XMLLimits.preAuthentication
    var afterLogin = XMLLimits.standard
    /// From the first byte of TLS to its last handshake message.
    var tlsTime = Duration.seconds(10)
    /// From accepting the connection to a bound resource.
    var loginTime = Duration.seconds(30)
    /// For the last bytes and the peer's goodbye, once the stream is closed.
    var closingTime = Duration.seconds(5)
    /// How long a client may be silent before it is asked whether it is there.
    var idleTime = Duration.seconds(300)
    /// How long it then has to say anything.
    var pingTime = Duration.seconds(60)
    var bytesPerSecond = 20 * 1024
    var burstBytes = 64 * 1024
    var stanzasPerSecond = 50
    var burstStanzas = 200

    func makeByteBucket(at now: ShardInstant) -> TokenBucket {
        TokenBucket(perSecond: bytesPerSecond, burst: burstBytes, now: now)
    }

    func makeStanzaBucket(at now: ShardInstant) -> TokenBucket {
        TokenBucket(perSecond: stanzasPerSecond, burst: burstStanzas, now: now)
    }
}
