import MartletCore
import Testing

@testable import MartletServer

/// A server that stops in the middle of traffic: what its users said arrives, or comes back to them
/// before their streams end.
@Suite(.timeLimit(.minutes(5)))
struct S2SStopTests {
    private let peer = "peer.example"

    private func message(_ id: String, _ size: Int = 0, to domain: String? = nil) -> String {
        let body = id + String(repeating: "o", count: size)
        return "<message to='x@\(domain ?? peer)' id='\(id)'><body>\(body)</body></message>"
    }

    /// Has the server stop, and hears what romeo is told until his stream ends.
    private func stop(
        _ siege: Siege,
        _ first: @escaping @Sendable () async -> Void = {}
    ) async {
        await siege.stop(first)
        await siege.romeo?.ended()
        await siege.shard.settle()
    }

    /// Waits until the server has read what romeo said.
    private func read(_ siege: Siege) async throws {
        let romeo = try #require(siege.romeo)
        romeo.send(
            "<iq type='get' id='read' to='montague.example'>"
                + "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
        )
        try #require(await romeo.heard("id='read'"), "\(romeo.text)")
    }

    /// The ids of those that came back to romeo.
    private func returned(_ siege: Siege) -> Set<String> {
        let parts = siege.romeo?.text.split(separator: "<message ") ?? []
        return Set(
            parts.filter { $0.contains("type='error'") }.compactMap { part in
                part.split(separator: " id='").dropFirst().first?.split(separator: "'").first
                    .map(String.init)
            }
        )
    }

    /// A peer that acknowledges, and has a message of romeo's that it has not acknowledged.
    private func acknowledgingGuest(_ siege: Siege) async throws -> RawPeer {
        let guest = try await siege.guest(as: peer, isBidirectional: true)
        guest.send("<enable xmlns='urn:xmpp:sm:3'/>")
        try #require(await guest.heard("<enabled"))
        siege.romeo?.send(message("one"))
        try #require(await guest.heard("<body>one</body>"))
        return guest
    }

    @Test func `returns what a peer that reads nothing has not taken`() async throws {
        try await Siege.with(isStopped: true) { siege in
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            let romeo = try #require(siege.romeo)
            await siege.settle()
            guest.stop(reading: true)
            let ids = (0..<60).map { "n\($0)." }
            for id in ids { romeo.send(message(id, 20_000)) }
            try await read(siege)
            await stop(siege)
            #expect(returned(siege) == Set(ids))
            #expect(romeo.text.contains("<remote-server-timeout "))
        }
    }

    @Test func `returns what was written and is not acknowledged`() async throws {
        try await Siege.with(isStopped: true) { siege in
            let guest = try await acknowledgingGuest(siege)
            await stop(siege)
            #expect(guest.text.contains("<r xmlns"), "it is asked at once")
            #expect(returned(siege) == ["one"])
            #expect(siege.romeo?.text.contains("it may have received this before") == true)
        }
    }

    @Test func `waits for a peer that says what it has got`() async throws {
        try await Siege.with(isStopped: true) { siege in
            let guest = try await acknowledgingGuest(siege)
            await stop(siege) {
                guard await guest.heard("<r xmlns") else { return }
                guest.send("<a xmlns='urn:xmpp:sm:3' h='1'/><r xmlns='urn:xmpp:sm:3'/>")
                _ = await guest.heard("<a xmlns")
            }
            #expect(returned(siege) == [])
            #expect(guest.text.contains("<system-shutdown "))
        }
    }

    @Test func `returns what waits for one that is not found, while its sender is there`()
        async throws
    {
        try await Siege.with(isStopped: true) { siege in
            siege.romeo?.send(message("one", to: "silent.example"))
            try await read(siege)
            await stop(siege)
            #expect(returned(siege) == ["one"])
        }
    }

    @Test func `reads no more of its users, and tells those it has heard`() async throws {
        try await Siege.with(isStopped: true) { siege in
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            await siege.settle()
            guest.stop(reading: true)
            let ids = (0..<400).map { "n\($0)." }
            siege.romeo?.send(Say.enable)
            async let stopped: Void = stop(siege)
            for id in ids {
                siege.romeo?.send(
                    message(id, 2_000) + "<r xmlns='urn:xmpp:sm:3'/>"
                )
            }
            await stopped
            let text = siege.romeo?.text ?? ""
            let counts = text.split(separator: "<a xmlns='urn:xmpp:sm:3' h='").dropFirst()
                .compactMap { $0.split(separator: "'").first.flatMap { Int($0) } }
            let acknowledged = ids.prefix(counts.last ?? 0)
            #expect(returned(siege).isSuperset(of: acknowledged), "\(counts)")
        }
    }
}
