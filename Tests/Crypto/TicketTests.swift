import Synchronization
import TestSupport
import Testing

@testable import MartletCrypto

/// Whose tickets open what, and for how long (RFC 5077 §4, RFC 8446 §4.6.1).
@Suite(.timeLimit(.minutes(5)))
struct TicketTests {
    /// A clock that is moved by hand.
    private final class Clock: Sendable {
        private let hours = Mutex<Int64>(0)
        var seconds: Int64 { hours.withLock { $0 * 3_600 } }
        func advance(hours count: Int64) { hours.withLock { $0 += count } }
    }

    private let romeo = TestIdentity.romeo
    private let juliet = TestIdentity.juliet

    private func server(
        _ keys: TLSTicketKeys,
        _ change: (inout TLSServerSettings) -> Void = { _ in }
    ) throws -> TLSContext {
        let identity = try #require(romeo.identity)
        var settings = TLSServerSettings(identities: TLSIdentities(fallback: identity))
        settings.ticketKeys = keys
        change(&settings)
        return try TLSContext(server: settings)
    }

    private func client(
        _ version: TLSVersion,
        showing identity: TLSIdentity? = nil
    ) throws -> TLSContext {
        var settings = TLSClientSettings()
        settings.verifiesPeer = false
        settings.versions = version...version
        settings.identity = identity
        return try TLSContext(client: settings)
    }

    /// Shakes hands, and leaves without a word: whether the session was resumed, and its ticket.
    private func visit(
        _ there: TLSContext,
        from here: TLSContext,
        as name: String = "montague.example",
        _ ticket: TLSTicket? = nil
    ) throws -> (isResumed: Bool?, ticket: TLSTicket) {
        var talk = try TLSTests.Conversation(here, there, name: name, ticket: ticket)
        try talk.settle()
        #expect(talk.client.info?.isResumed == talk.server.info?.isResumed)
        return (talk.server.info?.isResumed, try #require(talk.client.ticket))
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `tickets of one context are good for the next that has its keys`(
        version: TLSVersion
    ) throws {
        let keys = TLSTicketKeys()
        let here = try client(version)
        let first = try visit(server(keys), from: here)
        #expect(first.isResumed == false)
        let other = try server(keys) { $0.identities.fallback = juliet.identity }
        #expect(try visit(other, from: here, first.ticket).isResumed == true)
        #expect(try visit(server(TLSTicketKeys()), from: here, first.ticket).isResumed == false)
    }

    @Test(
        arguments: [TLSVersion.v1_2, .v1_3],
        [(0, true), (11, true), (13, true), (14, false), (40, false)]
    )
    func `a key opens for twelve hours, and for as long as its last ticket is good`(
        version: TLSVersion,
        later: (hours: Int64, isResumed: Bool)
    ) throws {
        let clock = Clock()
        let there = try server(TLSTicketKeys { clock.seconds })
        let here = try client(version)
        let ticket = try visit(there, from: here).ticket
        clock.advance(hours: later.hours)
        #expect(try visit(there, from: here, ticket).isResumed == later.isResumed)
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `a ticket under an old key is replaced by one under the new`(
        version: TLSVersion
    ) throws {
        let clock = Clock()
        let there = try server(TLSTicketKeys { clock.seconds })
        let here = try client(version)
        let first = try visit(there, from: here)
        clock.advance(hours: 13)
        let second = try visit(there, from: here, first.ticket)
        #expect(second.isResumed == true)
        clock.advance(hours: 11)
        #expect(try visit(there, from: here, first.ticket).isResumed == false)
        #expect(try visit(there, from: here, second.ticket).isResumed == true)
    }

    @Test(
        arguments: [TLSVersion.v1_2, .v1_3],
        [
            ("montague.example", "capulet.example", false),
            ("montague.example", "verona.montague.example", false),
            ("montague.example", "192.0.2.1", false),  // No name is sent.
            ("192.0.2.1", "montague.example", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("montague.example", "Montague.EXAMPLE", true),
        ]
    )
    func `a ticket is good for one name alone`(
        version: TLSVersion,
        names: (given: String, used: String, isResumed: Bool)
    ) throws {
        let there = try server(TLSTicketKeys())
        let here = try client(version)
        let ticket = try visit(there, from: here, as: names.given).ticket
        let second = try visit(there, from: here, as: names.used, ticket)
        #expect(second.isResumed == names.isResumed)
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `a client that shows a certificate has it judged each time`(version: TLSVersion) throws {
        let keys = TLSTicketKeys()
        let here = try client(version, showing: juliet.identity)
        func there(trusting certificate: String) throws -> TLSContext {
            try server(keys) {
                $0.requestsPeerCertificate = true
                $0.trust = .pem(certificate)
            }
        }
        let ticket = try visit(there(trusting: juliet.certificate), from: here).ticket
        var talk = try TLSTests.Conversation(
            here,
            there(trusting: romeo.certificate),
            ticket: ticket
        )
        try talk.settle()
        #expect(talk.server.info?.isResumed == false)
        #expect(talk.server.info?.peerVerification == .invalid("self-signed certificate"))
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `who shows no certificate resumes, where there was the same question`(
        version: TLSVersion
    ) throws {
        let keys = TLSTicketKeys()
        let here = try client(version)
        let unasked = try visit(server(keys), from: here)
        let asking = try server(keys) { $0.requestsPeerCertificate = true }
        let asked = try visit(asking, from: here, unasked.ticket)
        #expect(asked.isResumed == false)
        #expect(try visit(asking, from: here, asked.ticket).isResumed == true)
    }

    @Test func `keys do not show when they are printed`() {
        let keys = TLSTicketKeys { 0 }
        let key = keys.sealing()
        var text = "\(keys) \(key)"
        dump((keys, key), to: &text)
        #expect(text.contains("made"), "or this sees nothing")
        #expect(text.split(separator: "\n").count < 20, "a dump of bytes has a line for each")
        let secret = Array(UnsafeBufferPointer(start: key.cipherKey, count: 4))
        #expect(!text.lowercased().contains(Hex.encode(secret)))
    }

    @Test func `every key is another`() {
        let keys = (0..<100).map { _ in TLSTicketKey(made: 0) }
        let names = Set(keys.map { Array(UnsafeBufferPointer(start: $0.name, count: 16)) })
        let secrets = keys.flatMap { [$0.cipherKey, $0.macKey] }
            .map { Array(UnsafeBufferPointer(start: $0, count: TLSTicketKey.secretSize)) }
        #expect(names.count == 100)
        #expect(Set(secrets).count == 200)
    }
}
