import CPlugin
import Synchronization
import Testing

@testable import MartletPluginKit

@Suite struct PlaceTests {
    private let fake = FakeSite()
    private let romeo: JID
    private let home: FakeHome

    init() throws {
        FakeCore.install()
        romeo = try #require(JID("romeo@montague.example"))
        let presence = Stanza(.presence, to: nil, id: "here")
        home = FakeHome(
            romeo.description,
            [
                FakeHome.Session(
                    id: 7,
                    address: "romeo@montague.example/orchard",
                    priority: -3,
                    presence: presence,
                    isInterested: true
                ),
                FakeHome.Session(
                    id: 8,
                    address: "romeo@montague.example/garden",
                    isConnected: false
                ),
            ]
        )
        fake.home = home
    }

    private final class Note: Sendable {
        let text: String

        init(_ text: String) { self.text = text }
    }

    private final class Other: Sendable {}

    @Test func `a visit gives what was found there`() async {
        let found = await fake.site.visit(romeo) { place in
            (place.account, place.sessions)
        }
        #expect(found?.0 == romeo)
        let sessions = found?.1 ?? []
        #expect(sessions.map(\.id.serial) == [7, 8])
        #expect(sessions.map(\.address.resourcepart) == ["orchard", "garden"])
        #expect(sessions.map(\.priority) == [-3, 0])
        #expect(sessions.map(\.presence?.id) == ["here", nil])
        #expect(sessions.map(\.isAvailable) == [true, false])
        #expect(sessions.map(\.isInterested) == [true, false])
        #expect(sessions.map(\.isConnected) == [true, false])
    }

    @Test func `a visit is to the account, whatever the resource`() async throws {
        let full = try #require(JID("romeo@montague.example/orchard"))
        #expect(await fake.site.visit(full) { $0.sessions.count } == 2)
    }

    @Test func `a home that cannot be had gives nothing, and keeps nothing`() async throws {
        let stranger = try #require(JID("juliet@capulet.example"))
        #expect(await fake.site.visit(stranger) { _ in 1 } == nil)
        weak var kept: Note?
        do {
            let note = Note("lost")
            kept = note
            let isComing = fake.site.visit(stranger, then: { _ in _ = note.text })
            #expect(!isComing)
        }
        #expect(kept == nil)
        fake.home = nil
        #expect(await fake.site.visit(romeo) { _ in 1 } == nil)
    }

    @Test func `what is kept with an account or a session is found, by its type`() async {
        _ = await fake.site.visit(romeo) { place in
            place.setState(Note("account"))
            place.setState(Note("session"), of: SessionID(7))
        }
        let found = await fake.site.visit(romeo) { place in
            [
                place.state(Note.self)?.text, place.state(Note.self, of: SessionID(7))?.text,
                place.state(Note.self, of: SessionID(8))?.text,
            ]
        }
        #expect(found == ["account", "session", nil])
        #expect(await fake.site.visit(romeo) { $0.state(Other.self) == nil } == true)
    }

    @Test func `what is kept goes when it is replaced, taken away, or its keeper ends`() async {
        weak var first: Note?
        weak var second: Note?
        do {
            let notes = [Note("1"), Note("2")]
            (first, second) = (notes[0], notes[1])
            for note in notes {
                _ = await fake.site.visit(romeo) { $0.setState(note, of: SessionID(7)) }
            }
        }
        #expect(first == nil)
        #expect(second != nil)
        home.end(7)
        #expect(second == nil)
        do {
            let note = Note("3")
            first = note
            _ = await fake.site.visit(romeo) { $0.setState(note) }
        }
        #expect(first != nil)
        _ = await fake.site.visit(romeo) { $0.setState(nil as Note?) }
        #expect(first == nil)
    }

    @Test func `what nobody keeps is let go of`() async {
        weak var kept: Note?
        do {
            let note = Note("nobody's")
            kept = note
            let isKept = await fake.site.visit(romeo) { $0.setState(note, of: SessionID(99)) }
            #expect(isKept == false)
        }
        #expect(kept == nil)
    }

    @Test func `what is done at a home is done to one session`() async throws {
        let stanza = try #require(Stanza(.message, type: .chat, to: nil, id: "m1"))
        let presence = try #require(Stanza(.presence, to: nil))
        let contact = try #require(JID("juliet@capulet.example"))
        let done = await fake.site.visit(romeo) { place in
            [7, 99].compactMap { SessionID($0) }.map { session in
                [
                    place.send(stanza, to: session),
                    place.send(nonza: XML("r", in: "urn:x"), to: session),
                    place.announce(presence, of: session, to: [contact]),
                    place.close(session, "conflict"),
                ]
            }
        }
        #expect(done == [[true, true, true, true], [false, false, false, false]])
        #expect(
            home.done == [
                "send 7 m1", "nonza 7 <r xmlns='urn:x'/>",
                "announce 7 [\"juliet@capulet.example\"]", "close 7 conflict",
            ]
        )
    }

    /// Looks at the home of the account that a stanza happens to.
    private final class Visitor: Plugin {
        static let about = PluginDescription("visitor", version: "1.0", "Looks around.")

        static func register(in registration: borrowing Registration<Visitor>) {
            registration.on(.delivery, name: "here") { _, event in
                guard let place = event.place, let session = event.session else { return .handled }
                place.setState(Note("met"), of: session)
                event.site.log(.info, "\(place.account?.description ?? "") \(place.sessions.count)")
                return .continue
            }
            registration.on(.delivery, name: "later") {
                (_, arrival) async throws(StanzaError) -> Verdict in
                guard let account = arrival.account else { throw .itemNotFound }
                let count = await arrival.site.visit(account) { $0.sessions.count }
                return count == 2 ? .handled : .continue
            }
        }

        init(_ site: Site, _ settings: NoSettings) {}
    }

    @Test func `a handler finds the home that its stanza happens to`() throws {
        let plugin = try Loaded(Visitor.self)
        let stanza = try #require(Stanza(.message, type: .chat, to: nil))
        #expect(try plugin.run("here", stanza).verdict == MARTLET_HANDLED)
        #expect(try plugin.run("later", stanza).decision.error?.condition == .itemNotFound)
        plugin.site.home = home
        #expect(try plugin.run("here", stanza).verdict == MARTLET_CONTINUE)
        #expect(plugin.site.lines == ["\(MARTLET_LOG_INFO) romeo@montague.example 2"])
        #expect(try plugin.run("later", stanza).verdict == MARTLET_HANDLED)
    }
}
