import MartletNet
import Testing

@testable import MartletDNS

@Suite(.timeLimit(.minutes(5)))
struct SignatureTests {
    private func withZone(
        without kind: UInt16? = nil,
        isTrusted: Bool = true,
        forging: [Message.Record] = [],
        _ body: (Cast) async throws -> Void
    ) async throws {
        try await withResolver(
            { name, type in
                let forged = forging.filter { $0.name == name && $0.kind == type }
                return forged.isEmpty
                    ? SignedZone.answer(name, type, without: kind) : .records(forged)
            },
            { if isTrusted { $0.trustAnchors = [SignedZone.anchor] } },
            body
        )
    }

    @Test func `is secure from the records to the certificate`() async throws {
        try await withZone { cast in
            let finder = cast.finder()
            let plan = await finder.find("montague.example")
            #expect(plan.fault == nil)
            #expect(plan.candidates.map(\.isSecure) == [true, true, true, true])
            let first = try #require(plan.candidates.first)
            #expect(first.address.port == 5269)
            let records = await withCheckedContinuation { continuation in
                cast.shard.submit {
                    finder.findTLSA(first) { continuation.resume(returning: $0) }
                }
            }
            let record = try #require(try records.get().first)
            #expect((record.usage, record.selector, record.matching) == (3, 1, 1))
            #expect(record.association.count == 32)
        }
    }

    @Test func `is not secure without a trust anchor`() async throws {
        try await withZone(isTrusted: false) { cast in
            let plan = await cast.finder().find("montague.example")
            #expect(plan.candidates.map(\.isSecure) == [false, false, false, false])
        }
    }

    @Test func `refuses a domain whose records somebody changed`() async throws {
        let name = "_xmpp-server._tcp.montague.example"
        try await withZone(forging: [.srv(name, "mallory.example")]) { cast in
            let plan = await cast.finder().find("montague.example")
            guard case .bogus = plan.fault else {
                Issue.record("\(plan)")
                return
            }
            #expect(plan.fault?.condition == .remoteServerNotFound)
            #expect(plan.candidates.isEmpty)
        }
    }

    @Test func `refuses a domain whose addresses somebody changed`() async throws {
        try await withZone(forging: [.a("xmpp.montague.example", "203.0.113.66")]) { cast in
            let plan = await cast.finder().find("montague.example")
            guard case .bogus = plan.fault else {
                Issue.record("\(plan)")
                return
            }
        }
    }
}
