import MartletCore
import MartletStreams
import MartletXML
import Testing

@testable import MartletServer

/// What is known to have arrived on a stream without acknowledgements, and what goes back.
struct S2SDeliveryTests {
    private let pair: DomainPair
    private var delivery: S2SDelivery

    init() throws {
        var limits = S2SLimits()
        limits.queueStanzas = 3
        delivery = S2SDelivery(limits)
        pair = DomainPair(sender: try JID("montague.example"), target: try JID("globe.example"))
    }

    private mutating func write(_ ids: String...) {
        for id in ids {
            delivery.noteWritten(
                Stanza(.message, type: .chat, to: pair.target, from: pair.sender, id: id),
                for: pair
            )
        }
    }

    /// The ids of what the stream's end leaves.
    private mutating func rest() -> [String] {
        delivery.settle().flatMap { $0.unwritten + $0.unacknowledged }.map { $0.id ?? "" }
    }

    @Test mutating func `the kernel's word is not enough while the first ping may be answered`() {
        write("1", "2")
        #expect(!delivery.awaitsFlush)
        delivery.flushed()
        #expect(delivery.wantsEcho == pair)
        #expect(rest() == ["1", "2"])
    }

    @Test mutating func `but for what is more than may wait`() {
        write("1", "2", "3", "4", "5")
        #expect(delivery.awaitsFlush && !delivery.isFull)
        delivery.flushed()
        #expect(!delivery.awaitsFlush)
        #expect(rest() == ["3", "4", "5"])
    }

    @Test mutating func `it is where the peer is mute`() {
        write("1", "2")
        delivery.becameMute()
        write("3")
        #expect(delivery.awaitsFlush)
        delivery.flushed()
        #expect(delivery.wantsEcho == nil && delivery.isEmpty)
        #expect(rest() == [])
    }

    @Test mutating func `an answer tells of what was written before its ping`() {
        write("1", "2")
        let serial = delivery.serial
        write("3", "4", "5")
        delivery.echoed(upTo: serial)
        #expect(delivery.isFull, "who answers is waited for")
        delivery.flushed()
        #expect(rest() == ["3", "4", "5"])
    }

    @Test mutating func `a late answer makes a mute peer one that answers`() {
        write("1")
        let serial = delivery.serial
        delivery.becameMute()
        delivery.flushed()
        write("2")
        delivery.echoed(upTo: serial)
        delivery.flushed()
        #expect(rest() == ["2"])
    }

    // MARK: What is held

    private func stanza(_ id: String, _ size: Int = 0) -> Stanza {
        Stanza(.message, type: .chat, to: pair.target, from: pair.sender, id: id) { message in
            message.element("body") { $0.text(String(repeating: "x", count: size)) }
        }
    }

    @Test mutating func `no more is held for a pair than may wait in its queue`() throws {
        let other = DomainPair(sender: pair.sender, target: try JID("other.example"))
        delivery.hold(["1", "2"].map { stanza($0) }, for: pair)
        delivery.hold(["a", "b", "c"].map { stanza($0) }, for: other)
        #expect(delivery.takeExcess(of: pair).isEmpty)
        delivery.hold(["3", "4", "5"].map { stanza($0) }, for: pair)
        #expect(delivery.takeExcess(of: pair).map(\.id) == ["4", "5"])
        #expect(delivery.takeExcess(of: other).isEmpty)
        #expect(delivery.held.map(\.stanza.id) == ["1", "2", "a", "b", "c", "3"])
    }

    @Test mutating func `nor more bytes, and nothing that came behind what is refused`() {
        var limits = S2SLimits()
        limits.queueBytes = 3_000
        delivery = S2SDelivery(limits)
        delivery.hold([stanza("1", 1_000), stanza("2", 3_000), stanza("3")], for: pair)
        #expect(delivery.takeExcess(of: pair).map(\.id) == ["2", "3"])
        #expect(delivery.held.map(\.stanza.id) == ["1"])
    }

    // MARK: Acknowledgements that begin later

    /// The peer asks for them.
    private mutating func enable() {
        _ = delivery.management.read(Element("enable", in: Namespace.streamManagement))
    }

    @Test mutating func `what came before acknowledgements began is asked about yet`() {
        write("1")
        enable()
        #expect(delivery.wantsEcho == pair)
        delivery.notePing(ping, for: pair)
        #expect(delivery.management.count == 1, "the peer counts it as well")
        #expect(delivery.wantsEcho == nil)
        delivery.echoed(upTo: delivery.serial)
        #expect(rest() == [], "nor does the ping come back")
    }

    @Test mutating func `it has arrived when anything later is acknowledged`() {
        write("1")
        enable()
        write("2", "3")
        #expect(delivery.wantsEcho == nil, "their acknowledgement will tell")
        let ack = Element("a", in: Namespace.streamManagement, ["h": "1"])
        let replies = delivery.management.read(ack)
        #expect(replies.count == 1)
        delivery.acknowledged()
        #expect(rest() == ["3"])
    }

    @Test mutating func `what comes back is in the order of its writing`() {
        write("1")
        enable()
        write("2")
        #expect(rest() == ["1", "2"])
    }

    @Test mutating func `a user's question comes back, whatever its id`() throws {
        enable()
        let romeo = try JID("romeo@montague.example/orchard")
        let id = S2SEchoes.prefix + "1"
        for (from, name) in [(romeo, "ping"), (pair.sender, "query")] {
            let question = Stanza(.iq, type: .get, to: pair.target, from: from, id: id) {
                $0.element(name, in: Namespace.ping)
            }
            delivery.noteWritten(question, for: pair)
        }
        #expect(rest() == [id, id])
    }

    private var ping: Stanza {
        Stanza(.iq, type: .get, to: pair.target, from: pair.sender, id: S2SEchoes.prefix + "1") {
            $0.element("ping", in: Namespace.ping)
        }
    }
}
