import MartletNet
import MartletXML

/// Groups of clients who have each other in their rosters; confined to the crew's shard.
///
/// Unchecked for that reason.
final class Circles: @unchecked Sendable {
    /// What happened since the last look.
    struct Tally: Sendable {
        var deliveries = 0
        /// From a change of presence until the last of its group had it.
        var latencies = Histogram()
    }

    /// One group.
    private final class Circle {
        let first: Int
        var members: [Client] = []
        /// Presences that its members got since all this began, or since all were there.
        var delivered = 0
        var sent = 0
        /// When the changes under way were sent, oldest first.
        var times: [Int64] = []

        init(first: Int) {
            self.first = first
        }
    }

    private let crew: Crew
    private let size: Int
    private let circles: [Circle]
    private let clock = MonotonicClock()
    private var tally = Tally()
    private var complete = 0

    init(_ crew: Crew, groups: Int, size: Int) {
        self.crew = crew
        self.size = size
        circles = (0..<groups).map { Circle(first: $0 * size) }
    }

    func take() -> Tally {
        defer { tally = Tally() }
        return tally
    }

    /// All come online; ends when the last has heard of all others.
    func enter() {
        crew.awaited = { [self] in circles.compactMap(shortage) }
        for circle in circles { enterNext(circle) }
    }

    /// What a group that is not complete has got so far.
    private func shortage(_ circle: Circle) -> String? {
        let present = circle.members.count
        guard present < size || circle.delivered > 0 else { return nil }
        return """
            the group of \(Population.name(circle.first)) (\(present) of \(size), \(circle.delivered) of \
            \(present * present) presences)
            """
    }

    private func enterNext(_ circle: Circle) {
        let client = crew.makeClient(Population.name(circle.first + circle.members.count))
        client.onBound = { [self] client in
            circle.members.append(client)
            listen(client, in: circle)
            client.send(Request.roster.text + "<presence/>")
        }
        client.connect(on: crew.shard)
    }

    /// Servers may tell one who comes that others are not there: a delivery, too (RFC 6121 §4.3.2).
    ///
    /// Who asked for somebody just before that one came may be told twice; it counts once for the group.
    private func listen(_ client: Client, in circle: Circle) {
        var heard: Set<String> = []
        client.onElement = { [self] _, element in
            guard element.name == "presence" else { return }
            tally.deliveries += 1
            guard element["type"] == nil, heard.insert(element["from"] ?? "").inserted else {
                return
            }
            circle.delivered += 1
            look(circle)
        }
    }

    /// The one who came as the last of n hears of n, and the others of it: n² in all.
    private func look(_ circle: Circle) {
        let present = circle.members.count
        guard circle.delivered >= present * present else { return }
        guard circle.delivered == present * present else {
            return crew.fail("a presence too many")
        }
        guard present == size else { return enterNext(circle) }
        circle.delivered = 0
        complete += 1
        if complete == circles.count { crew.finish() }
    }

    /// Keeps so many changes of presence under way in each group.
    func broadcast(_ inFlight: Int) {
        for circle in circles {
            for client in circle.members { count(client, in: circle) }
            for _ in 0..<inFlight { change(circle) }
        }
    }

    private func count(_ client: Client, in circle: Circle) {
        var presences = TagCounter("<presence")
        client.onElement = nil
        client.onBytes = { [self] _, bytes in
            let count = presences.count(in: bytes)
            guard count > 0 else { return }
            tally.deliveries += count
            circle.delivered += count
            goOn(circle)
        }
    }

    private func change(_ circle: Circle) {
        let turn = circle.sent
        circle.sent += 1
        circle.times.append(clock.now.nanoseconds)
        let show = turn / size % 2 == 0 ? "<show>away</show>" : "<show>chat</show>"
        circle.members[turn % size].send("<presence>\(show)</presence>")
    }

    private func goOn(_ circle: Circle) {
        while circle.delivered >= size {
            circle.delivered -= size
            let sent = circle.times.removeFirst()
            tally.latencies.record(nanoseconds: clock.now.nanoseconds - sent)
            change(circle)
        }
    }
}
