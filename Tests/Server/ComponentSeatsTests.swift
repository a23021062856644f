import MartletCore
import MartletNet
import Testing

@testable import MartletServer

private let plays = JID(prepared: nil, "plays.shakespeare.example")
private let romeo = JID(prepared: "romeo", "montague.example", "balcony")

/// A connection that does nothing; the seats know it by its identity.
private final class Link: ComponentLink {
    let shard = Shard(index: 0)
    func wake() {}
    func end(_ error: StreamError) {}
}

/// Who serves a component's domain, and what waits for them.
struct ComponentSeatsTests {
    private let settings = ComponentSettings(secret: Secret(Array("test".utf8)))
    private let start = ShardInstant(nanoseconds: 0)

    private func makeSeats(_ change: (inout ComponentSettings) -> Void = { _ in }) -> ComponentSeats
    {
        var settings = settings
        change(&settings)
        return ComponentSeats(settings)
    }

    private func message(
        _ id: Int,
        from: JID = romeo,
        to: JID = plays,
        type: StanzaType = .chat
    ) -> Stanza {
        Stanza(.message, type: type, to: to, from: from, id: "\(id)") {
            $0.element("body") { $0.text("But soft") }
        }
    }

    private func ids(_ items: [ComponentSeats.Item]) -> [String] { items.compactMap(\.stanza.id) }

    private func returned(_ outcome: ComponentSeats.Outcome) -> [String] {
        outcome.returned.map {
            "\($0.stanza.id ?? "") \($0.error.condition.rawValue) \($0.error.kind)"
        }
    }

    // MARK: Nobody there

    @Test func `returns at once what is for nobody`() {
        var seats = makeSeats()
        let outcome = seats.take(message(1), at: start)
        #expect(returned(outcome) == ["1 service-unavailable cancel"] && outcome.alarm == nil)
    }

    @Test func `keeps for a while what is for somebody who may come`() {
        var seats = makeSeats { $0.whileAway = .queue }
        let first = seats.take(message(1), at: start)
        #expect(first.returned.isEmpty && first.alarm == .seconds(60))
        let second = seats.take(message(2), at: start.advanced(by: .seconds(20)))
        #expect(second.alarm == nil, "one is set")
        let early = seats.expire(at: start.advanced(by: .seconds(60)))
        #expect(returned(early) == ["1 service-unavailable wait"] && early.alarm == .seconds(20))
        let late = seats.expire(at: start.advanced(by: .seconds(80)))
        #expect(returned(late) == ["2 service-unavailable wait"] && late.alarm == nil)
        #expect(seats.take(message(3), at: start.advanced(by: .seconds(90))).alarm == .seconds(60))
    }

    @Test(arguments: [(2, 100, 0, 2), (1_000, 3, 0, 3), (1_000, 3, 1, 2), (0, 100, 0, 0)])
    func `keeps no more than it may`(stanzas: Int, room: Int, less: Int, kept: Int) {
        var seats = makeSeats {
            $0.whileAway = .queue
            $0.queueStanzas = stanzas
            $0.queueBytes = message(1).element.byteCount * room - less
        }
        let outcomes = (1...4).map { seats.take(message($0), at: start) }
        #expect(outcomes.filter(\.returned.isEmpty).count == kept)
        #expect(returned(outcomes[3]) == ["4 resource-constraint wait"])
    }

    @Test func `gives what waited to whoever comes, in order and before what follows`() {
        var seats = makeSeats { $0.whileAway = .queue }
        for id in 1...3 { _ = seats.take(message(id), at: start) }
        let link = Link()
        let (isSeated, outcome) = seats.join(link, at: start)
        #expect(isSeated && outcome.woken.count == 1)
        #expect(seats.take(message(4), at: start).woken.isEmpty, "it is awake")
        #expect(ids(seats.next(for: link)) == ["1", "2", "3", "4"])
        #expect(seats.next(for: link).isEmpty)
        #expect(seats.take(message(5), at: start).woken.count == 1, "it has gone to sleep")
    }

    // MARK: Somebody there

    @Test func `bounds what waits for one that does not read, and nothing else`() {
        var seats = makeSeats { $0.queueStanzas = 2 }
        let link = Link()
        _ = seats.join(link, at: start)
        let burst = (1...10).map { seats.take(message($0), at: start) }
        #expect(burst.flatMap { $0.returned.map(\.error) } == [])
        let items = seats.next(for: link)
        let stuck = seats.putBack(Array(items[9...]), for: link, at: start)
        #expect(stuck.alarm == .seconds(60))
        #expect(returned(seats.take(message(11), at: start)) == [])
        #expect(returned(seats.take(message(12), at: start)) == ["12 resource-constraint wait"])
        #expect(ids(seats.next(for: link)) == ["10", "11"])
        #expect(returned(seats.take(message(13), at: start)) == [])
    }

    @Test func `returns what a deaf connection left to wait for too long`() {
        var seats = makeSeats()
        let link = Link()
        _ = seats.join(link, at: start)
        _ = seats.take(message(1), at: start)
        _ = seats.putBack(seats.next(for: link), for: link, at: start)
        let outcome = seats.expire(at: start.advanced(by: .seconds(60)))
        #expect(returned(outcome) == ["1 service-unavailable wait"])
        #expect(seats.next(for: link).isEmpty)
    }

    @Test(arguments: [ComponentSettings.Absence.refuse, .queue])
    func `loses nothing when a connection goes`(absence: ComponentSettings.Absence) {
        var seats = makeSeats { $0.whileAway = absence }
        let link = Link()
        _ = seats.join(link, at: start)
        for id in 1...4 { _ = seats.take(message(id), at: start) }
        let taken = seats.next(for: link)
        _ = seats.take(message(5), at: start)
        let outcome = seats.leave(link, unwritten: Array(taken[2...]), at: start)
        guard absence == .queue else {
            return #expect(
                returned(outcome) == ["3", "4", "5"].map { "\($0) service-unavailable cancel" }
            )
        }
        let other = Link()
        _ = seats.join(other, at: start)
        #expect(outcome.returned.isEmpty && ids(seats.next(for: other)) == ["3", "4", "5"])
    }

    // MARK: Several

    @Test func `has those between the same two go by the same connection`() {
        var seats = makeSeats { $0.connections = 4 }
        let links = (0..<4).map { _ in Link() }
        for link in links { _ = seats.join(link, at: start) }
        for id in 0..<200 {
            let sender = JID(prepared: "user\(id % 50)", "montague.example")
            _ = seats.take(message(id / 50, from: sender), at: start)
        }
        let shares = links.map { seats.next(for: $0) }
        #expect(shares.allSatisfy { !$0.isEmpty } && shares.joined().count == 200)
        for share in shares {
            for (_, items) in Dictionary(grouping: share, by: \.stanza.from) {
                #expect(ids(items) == ["0", "1", "2", "3"])
            }
        }
    }

    @Test func `gives one's share to the others when it goes`() {
        var seats = makeSeats { $0.connections = 2 }
        let (one, other) = (Link(), Link())
        for link in [one, other] { _ = seats.join(link, at: start) }
        for id in 0..<20 {
            let sender = JID(prepared: "user\(id)", "montague.example")
            _ = seats.take(message(id, from: sender), at: start)
        }
        #expect(seats.leave(one, unwritten: [], at: start).returned.isEmpty)
        #expect(seats.next(for: other).count == 20 && seats.next(for: one).isEmpty)
    }

    @Test func `refuses one more than there may be`() {
        var seats = makeSeats()
        let (one, other) = (Link(), Link())
        #expect(seats.join(one, at: start).isSeated && seats.isTaken)
        let (isSeated, outcome) = seats.join(other, at: start)
        #expect(!isSeated && outcome.ended.isEmpty)
        _ = seats.leave(one, unwritten: [], at: start)
        #expect(!seats.isTaken && seats.join(other, at: start).isSeated)
    }

    @Test func `puts one more in the oldest one's place, and gives it what waited`() {
        var seats = makeSeats { $0.whenTaken = .replace }
        let (one, other) = (Link(), Link())
        _ = seats.join(one, at: start)
        for id in 1...2 { _ = seats.take(message(id), at: start) }
        let (isSeated, outcome) = seats.join(other, at: start)
        #expect(isSeated && !seats.isTaken && seats.count == 1)
        #expect(outcome.ended.map(\.error.condition) == [.conflict])
        #expect(outcome.ended.first?.link === one)
        #expect(seats.next(for: one).isEmpty && ids(seats.next(for: other)) == ["1", "2"])
        // It goes later: that changes nothing for who came.
        _ = seats.leave(one, unwritten: [], at: start)
        #expect(seats.count == 1)
    }

    // MARK: The end

    @Test func `returns all that waits at the end, and takes nothing more`() {
        var seats = makeSeats { $0.whileAway = .queue }
        let link = Link()
        _ = seats.join(link, at: start)
        _ = seats.take(message(1), at: start)
        let outcome = seats.close(StreamError(.hostGone))
        #expect(returned(outcome) == ["1 service-unavailable cancel"])
        #expect(
            outcome.ended.map(\.error.condition) == [.hostGone]
                && !seats.join(link, at: start).isSeated
        )
        #expect(returned(seats.take(message(2), at: start)) == ["2 service-unavailable cancel"])
    }

    @Test func `returns in time what goes over to a deaf connection when another has to go`() {
        var seats = makeSeats {
            $0.connections = 2
            $0.whenTaken = .replace
        }
        let links = (0..<3).map { _ in Link() }
        for link in links[..<2] { _ = seats.join(link, at: start) }
        for id in 1...20 {
            let sender = JID(prepared: "user\(id)", "montague.example")
            #expect(seats.take(message(id, from: sender), at: start).alarm == nil)
        }
        #expect(!seats.next(for: links[1]).isEmpty)
        _ = seats.putBack([], for: links[1], at: start)
        // The first goes, and what waits for it is the second's now.
        let (isSeated, outcome) = seats.join(links[2], at: start)
        #expect(isSeated && outcome.ended.map { $0.link === links[0] } == [true])
        #expect(outcome.alarm == .seconds(60))
        #expect(!seats.expire(at: start.advanced(by: .seconds(60))).returned.isEmpty)
    }

    @Test func `keeps nothing waiting any more when the server is about to stop`() {
        var seats = makeSeats { $0.whileAway = .queue }
        _ = seats.take(message(1), at: start)
        #expect(returned(seats.stopWaiting()) == ["1 service-unavailable wait"])
        #expect(returned(seats.take(message(2), at: start)) == ["2 service-unavailable cancel"])
    }

    @Test func `nor for one that does not read, and serves the others until the end`() {
        var seats = makeSeats()
        let link = Link()
        _ = seats.join(link, at: start)
        _ = seats.putBack([], for: link, at: start)
        _ = seats.take(message(1), at: start)
        #expect(returned(seats.stopWaiting()) == ["1 service-unavailable wait"])
        #expect(returned(seats.take(message(2), at: start)) == ["2 resource-constraint wait"])
        #expect(seats.next(for: link).isEmpty)
        #expect(returned(seats.take(message(3), at: start)) == [])
        #expect(ids(seats.next(for: link)) == ["3"])
    }
}
