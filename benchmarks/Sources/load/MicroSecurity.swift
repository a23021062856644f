import Glibc
import MartletCrypto
import MartletSASL

/// Logging in with SCRAM, as the server does it, and TLS records.
extension Micro {
    static func scram() throws -> [Step] {
        let (exchange, first) = try Exchange.begun()
        let (challenged, final) = try Exchange.challenged()
        return [
            Step(name: "SCRAM-SHA-1: answer the client's first message") {
                var exchange = exchange
                _ = try exchange.challenge(first)
            },
            Step(name: "SCRAM-SHA-1: check its proof") {
                var challenged = challenged
                try challenged.check(final)
            },
        ]
    }

    static func tls() throws -> [Step] {
        let pair = try TLSPair()
        let bytes = Array(message.utf8)
        return [
            Step(name: "TLS 1.3: write and read a record of \(bytes.count) bytes") {
                try pair.pass(bytes)
            }
        ]
    }

    /// A login that has gone so far.
    private struct Exchange {
        private var server: ScramServer
        private let credentials: ScramCredentials

        private static let nonce = "fyko+d2lbbFgONRv9qkxdawL"

        private static func client() -> ScramClient? {
            ScramClient(.scramSHA1, username: "juliet", password: "secret", nonce: nonce)
        }

        static func begun() throws -> (Exchange, first: [UInt8]) {
            guard var client = client(), let first = try client.begin() else { throw noLogin }
            return (try Exchange(), first)
        }

        static func challenged() throws -> (Exchange, final: [UInt8]) {
            guard var client = client(), let first = try client.begin() else { throw noLogin }
            var exchange = try Exchange()
            let final = try client.answer(try exchange.challenge(first))
            return (exchange, final)
        }

        private init() throws {
            let decoy = ScramDecoy(secret: Random.bytes(32), iterations: 10_000)
            guard
                let server = ScramServer(
                    .scramSHA1,
                    domain: "capulet.example",
                    decoy: decoy,
                    nonce: "3rfcNHYJY1ZVvWVs7j"
                ),
                let credentials = ScramCredentials.derive(
                    password: "secret",
                    hash: .sha1,
                    iterations: 10_000
                )
            else { throw Self.noLogin }
            self.server = server
            self.credentials = credentials
        }

        mutating func challenge(_ first: [UInt8]) throws -> [UInt8] {
            guard case .lookup = server.step(.initial(first)),
                case .challenge(let data) = server.step(.credentials(credentials))
            else { throw Self.noLogin }
            return data
        }

        mutating func check(_ final: [UInt8]) throws {
            guard case .success = server.step(.response(final)) else { throw Self.noLogin }
        }

        private static var noLogin: LoadError { LoadError("SCRAM does not let us in") }
    }
}

/// Two ends of a TLS connection that pass each other's bytes on by themselves.
private final class TLSPair {
    private let client: TLSSession
    private let server: TLSSession
    private var wire: [UInt8] = []
    private var answer: [UInt8] = []

    init() throws {
        let made = try SelfSignedCertificate(
            asciiDomain: "capulet.example",
            atUnixTime: Int64(time(nil))
        )
        let identity = try TLSIdentity(certificatePEM: made.certificatePEM, keyPEM: made.keyPEM)
        let identities = TLSIdentities(fallback: identity)
        var settings = TLSClientSettings()
        settings.verifiesPeer = false
        server = try TLSSession(
            TLSContext(server: TLSServerSettings(identities: identities)),
            role: .server()
        )
        client = try TLSSession(
            TLSContext(client: settings),
            role: .client(serverName: "capulet.example")
        )
        try shakeHands()
    }

    private func shakeHands() throws {
        try client.begin(output: &wire)
        for _ in 0..<10 where !wire.isEmpty {
            try carry(to: server)
            swap(&wire, &answer)
            try carry(to: client)
            swap(&wire, &answer)
        }
        guard client.state == .open, server.state == .open else {
            throw LoadError("TLS does not let us in")
        }
    }

    /// Gives what is on the wire to one end, and keeps its answer.
    private func carry(to end: TLSSession) throws {
        answer.removeAll(keepingCapacity: true)
        _ = try wire.withUnsafeBytes {
            try end.receive($0, plaintext: { _ in }, output: &answer)
        }
        wire.removeAll(keepingCapacity: true)
    }

    func pass(_ bytes: [UInt8]) throws {
        wire.removeAll(keepingCapacity: true)
        try bytes.withUnsafeBytes { try server.send($0, output: &wire) }
        try carry(to: client)
    }
}
