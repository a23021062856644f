import MartletNet
import MartletXML

/// One account of the conservation check and its client: it comes back after every loss, and knows
/// what the server told it to be safe.
///
/// Confined to the crew's shard.
final class Correspondent {
    enum Habit {
        /// Always there, and writes.
        case writer
        /// Comes and goes, often without a word.
        case restless
        /// Away, but for short visits that end as they should.
        case away
    }

    /// What the server has not acknowledged yet.
    enum Sent {
        case message(Int)
        /// Something that has an answer of its own.
        case other
    }

    let number: Int
    let habit: Habit
    /// Whether the client has stream management (XEP-0198).
    let isManaged: Bool
    let circle: Circle
    private(set) var client: Client?
    /// All that was sent on this stream, in order, as far as it counts.
    private var outgoing: [Sent] = []
    private var acknowledged = 0
    private var handled: UInt32 = 0
    private var asked = 0
    private var answered = 0
    /// Whether stanzas of the server's count.
    private var counts = false
    private(set) var isReady = false
    private var wantsToBeThere = false
    /// Odd while it is there or may seem so to the server.
    private(set) var visits = 0
    var whenReady: (Correspondent) -> Void = { _ in }
    /// Where it stands in its archive, while it reads that.
    var reading: ArchiveReading?

    init(_ number: Int, _ habit: Habit, isManaged: Bool, _ circle: Circle) {
        self.number = number
        self.habit = habit
        self.isManaged = isManaged
        self.circle = circle
    }

    var bareJID: String { "\(Population.name(number))@\(circle.domain)" }
    var pending: Int { outgoing.count - acknowledged }
    var hasUnsafeMessages: Bool {
        outgoing[acknowledged...].contains { if case .message = $0 { true } else { false } }
    }
    var isGone: Bool { client == nil && !wantsToBeThere }

    /// In words, for when something does not come to pass.
    var state: String {
        let place = client.map { "\($0.stage)" } ?? (wantsToBeThere ? "to come" : "away")
        return """
            \(bareJID), \(habit): \(place), \(isReady ? "ready" : "not ready"), sent \(outgoing.count), \
            acknowledged \(acknowledged), asked \(asked) times, answered \(answered): \
            \(outgoing[acknowledged...].prefix(5))
            """
    }

    // MARK: Coming and going

    func come() {
        guard client == nil else { return }
        wantsToBeThere = true
        if visits.isMultiple(of: 2) { visits += 1 }
        (outgoing, acknowledged, handled) = ([], 0, 0)
        (asked, answered) = (0, 0)
        (counts, isReady) = (false, false)
        let client = circle.crew.makeClient(Population.name(number))
        self.client = client
        client.onFailed = { [self, unowned client] _ in ended(client, whenClosed: false) }
        client.onClosed = { [self] in ended($0, whenClosed: true) }
        client.onBound = { [self] in bound($0) }
        client.connect(on: circle.crew.shard)
    }

    private func bound(_ client: Client) {
        client.onElement = { [self] client, element in
            guard client === self.client else { return }
            hear(element)
        }
        if isManaged { client.send("<enable xmlns='urn:xmpp:sm:3'/>") } else { greet() }
    }

    /// What was kept is given out before the answer.
    private func greet() {
        say(
            "<presence/><iq type='get' id='~here'><ping xmlns='urn:xmpp:ping'/></iq>",
            .other,
            .other
        )
    }

    /// The client is gone, and by this the server knows, or never will.
    private func ended(_ client: Client, whenClosed: Bool) {
        guard client === self.client else { return }
        self.client = nil
        isReady = false
        reading = nil
        if !wantsToBeThere { visits += 1 }
        guard wantsToBeThere else { return }
        circle.crew.shard.schedule(after: .milliseconds(whenClosed ? 5 : 20)) { [self] in
            if wantsToBeThere { come() }
        }
    }

    /// Goes with a goodbye, having acknowledged what it has.
    func leave() {
        guard let client else { return isLost() }
        guard client.stage == .bound else { return vanish() }
        wantsToBeThere = false
        if counts { client.send("<a xmlns='urn:xmpp:sm:3' h='\(handled)'/>") }
        client.leave()
    }

    /// Goes as a telephone does in a tunnel.
    func vanish() {
        guard let client else { return isLost() }
        wantsToBeThere = false
        client.fail("vanished")
    }

    /// It would have come back to a server that is gone.
    private func isLost() {
        guard wantsToBeThere else { return }
        wantsToBeThere = false
        visits += 1
    }

    // MARK: Speaking

    func say(_ text: String, _ stanzas: Sent...) {
        outgoing += stanzas
        client?.send(text)
    }

    /// Asks whether all that was sent is safe.
    func askForSafety() {
        asked += 1
        switch circle.terms.acknowledgement {
        case .management: client?.send("<r xmlns='urn:xmpp:sm:3'/>")
        case .ping:
            let id = outgoing.count
            say("<iq type='get' id='p\(id)'><ping xmlns='urn:xmpp:ping'/></iq>", .other)
        }
    }

    // MARK: Hearing

    private func hear(_ element: Element) {
        switch element.name {
        case "enabled":
            counts = true
            return greet()
        case "r": return client?.send("<a xmlns='urn:xmpp:sm:3' h='\(handled)'/>") ?? ()
        case "a":
            answered += 1
            if circle.terms.acknowledgement == .management {
                settle(upTo: element["h"].flatMap(Int.init))
            }
            return
        case "message": note(element)
        case "iq": noteAnswer(element)
        default: break
        }
        if counts { handled &+= 1 }
    }

    private func note(_ message: Element) {
        if let found = message.child("result", in: ArchiveReading.namespace) {
            reading?.note(found)
        } else {
            circle.note(message, by: self)
        }
    }

    private func noteAnswer(_ iq: Element) {
        guard let id = iq["id"] else { return }
        if iq["type"] == "get" || iq["type"] == "set" {
            return say("<iq type='result' id='\(id)'/>", .other)
        }
        switch (id.first, Int(id.dropFirst())) {
        case ("p", let count?): settle(upTo: count)
        case ("c", let number?) where iq["type"] == "result": circle.noteContact(number, of: self)
        case ("q", _): reading?.noteEnd(of: iq, by: self)
        case ("g", _): circle.noteRoster(iq, of: self)
        case ("~", _) where id == "~here":
            isReady = true
            whenReady(self)
        default: break
        }
    }

    private func settle(upTo count: Int?) {
        guard let count, count > acknowledged, count <= outgoing.count else { return }
        for sent in outgoing[acknowledged..<count] {
            if case .message(let message) = sent { circle.noteSafe(message) }
        }
        acknowledged = count
    }
}
