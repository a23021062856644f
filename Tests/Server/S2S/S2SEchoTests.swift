import MartletCore
import MartletNet
import Testing

@testable import MartletServer

/// Peers without acknowledgements (XEP-0198) that go away: what they answered a ping for was theirs,
/// the rest comes back.
@Suite(.timeLimit(.minutes(5)))
struct S2SEchoTests {
    /// Who opened the stream that we write to.
    enum Opener: CaseIterable {
        /// We did, and dialback proved us.
        case server
        /// The peer did, and both ways are open on it (XEP-0288).
        case peer
    }

    private let peer = "peer.example"

    /// A peer to which romeo's first message, `one`, has gone; and where it speaks to us.
    private func reached(_ siege: Siege, by opener: Opener) async throws -> (
        host: RawPeer, speaker: RawPeer
    ) {
        let romeo = try #require(siege.romeo)
        switch opener {
        case .peer:
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            await siege.settle()
            romeo.send(message("one"))
            try #require(await guest.heard("<body>one</body>"), "\(guest.text)")
            return (guest, guest)
        case .server:
            romeo.send(message("one"))
            let host = try await siege.answer(as: peer)
            try #require(await host.heard("<db:result"), "\(host.text)")
            host.send("<db:result from='\(peer)' to='montague.example' type='valid'/>")
            try #require(await host.heard("<body>one</body>"), "\(host.text)")
            return (host, try await siege.guest(as: peer))
        }
    }

    private func message(_ id: String) -> String {
        "<message to='x@\(peer)' id='\(id)'><body>\(id)</body></message>"
    }

    /// What answers the ping that was heard last.
    private func answer(to host: RawPeer) async throws -> String {
        try #require(await host.heard("<ping xmlns='urn:xmpp:ping'/>"), "\(host.text)")
        let id = host.text.split(separator: "'echo-").last?.prefix { $0 != "'" } ?? ""
        try #require(!id.isEmpty)
        return "<iq type='error' id='echo-\(id)' from='\(peer)' to='montague.example'/>"
    }

    /// Has the peer answer the ping that it heard last.
    private func echo(_ siege: Siege, _ host: RawPeer, _ speaker: RawPeer) async throws {
        let answer = try await answer(to: host)
        let next = "read before \(answer.hashValue)"
        speaker.send(answer + Speak.message(next, from: "x@\(peer)", to: Siege.romeo))
        try #require(await siege.romeo?.heard("<body>\(next)</body>") == true)
        await siege.settle()
    }

    /// The errors that romeo has got, when all have come.
    private func returned(_ siege: Siege) async throws -> [String] {
        let romeo = try #require(siege.romeo)
        await siege.settle()
        romeo.send("<message to='\(Siege.romeo)'><body>that is all</body></message>")
        try #require(await romeo.heard("<body>that is all</body>"))
        return ["one", "two"].filter { romeo.text.contains(" id='\($0)'") }
    }

    @Test(arguments: Opener.allCases)
    func `what was written behind the last ping that was answered comes back`(opener: Opener)
        async throws
    {
        try await Siege.with { siege in
            let (host, speaker) = try await reached(siege, by: opener)
            let romeo = try #require(siege.romeo)
            try await echo(siege, host, speaker)
            romeo.send(message("two"))
            try #require(await host.heard("<body>two</body>"), "\(host.text)")
            host.drop()
            try #require(await romeo.heard(" id='two'"), "\(romeo.text)")
            #expect(try await returned(siege) == ["two"])
            #expect(romeo.text.contains("<remote-server-timeout "))
        }
    }

    @Test(arguments: Opener.allCases)
    func `so does what came before the first answer`(opener: Opener) async throws {
        try await Siege.with { siege in
            let (host, _) = try await reached(siege, by: opener)
            _ = try await answer(to: host)
            await siege.settle()
            host.drop()
            let romeo = try #require(siege.romeo)
            try #require(await romeo.heard(" id='one'"), "\(romeo.text)")
            #expect(try await returned(siege) == ["one"])
        }
    }

    @Test(arguments: Opener.allCases)
    func `a peer that answers no ping is believed to have got what left, in time`(opener: Opener)
        async throws
    {
        try await Siege.with { siege in
            let (host, _) = try await reached(siege, by: opener)
            _ = try await answer(to: host)
            for _ in 0..<100 {
                await siege.pass(.seconds(1))
                await siege.settle()
            }
            #expect(!host.isOver, "it may go on without")
            host.drop()
            #expect(try await returned(siege) == [])
        }
    }

    @Test(arguments: Opener.allCases)
    func `a peer that answered once, and then no more, is gone`(opener: Opener) async throws {
        try await Siege.with { siege in
            let (host, speaker) = try await reached(siege, by: opener)
            let romeo = try #require(siege.romeo)
            try await echo(siege, host, speaker)
            host.forget()
            romeo.send(message("two"))
            try #require(await host.heard("<body>two</body>"), "\(host.text)")
            for _ in 0..<100 {
                await siege.pass(.seconds(1))
                await siege.settle()
            }
            #expect(host.text.contains("<ping "))
            #expect(await host.heard("<connection-timeout "), "\(host.text)")
            try #require(await romeo.heard(" id='two'"), "\(romeo.text)")
            #expect(try await returned(siege) == ["two"])
        }
    }

    @Test(arguments: Opener.allCases)
    func `pings go a second apart, but when much is in flight`(opener: Opener) async throws {
        try await Siege.with { siege in
            let (host, speaker) = try await reached(siege, by: opener)
            try await echo(siege, host, speaker)
            host.forget()
            let romeo = try #require(siege.romeo)
            for number in 0..<49 { romeo.send(message("n\(number).")) }
            try #require(await host.heard("<body>n48.</body>"), "\(host.text)")
            await siege.settle()
            #expect(!host.text.contains("<ping "))
            romeo.send(message("n49."))
            #expect(await host.heard("<ping "), "\(host.text)")
            try await echo(siege, host, speaker)
            host.forget()
            romeo.send(message("two"))
            try #require(await host.heard("<body>two</body>"), "\(host.text)")
            await siege.pass(.milliseconds(999))
            await siege.settle()
            #expect(!host.text.contains("<ping "))
            await siege.pass(.milliseconds(1))
            #expect(await host.heard("<ping "), "\(host.text)")
        }
    }

    @Test func `a peer that begins to acknowledge has what it got before`() async throws {
        try await Siege.with { siege in
            let (guest, _) = try await reached(siege, by: .peer)
            let romeo = try #require(siege.romeo)
            try await echo(siege, guest, guest)
            romeo.send(message("two"))
            try #require(await guest.heard("<body>two</body>"), "\(guest.text)")
            await siege.settle()
            guest.forget()
            guest.send("<enable xmlns='urn:xmpp:sm:3'/>")
            try #require(await guest.heard("<enabled"), "\(guest.text)")
            await siege.settle()
            await siege.pass(.seconds(1))
            try #require(await guest.heard("<ping "), "\(guest.text)")
            await siege.settle()
            await siege.pass(.milliseconds(50))
            try #require(await guest.heard("<r xmlns"), "\(guest.text)")
            guest.send(
                "<a xmlns='urn:xmpp:sm:3' h='1'/>"
                    + Speak.message("settled", from: "x@\(peer)", to: Siege.romeo)
            )
            try #require(await romeo.heard("<body>settled</body>"), "\(romeo.text)")
            guest.drop()
            await guest.ended()
            #expect(try await returned(siege) == [])
        }
    }
}
