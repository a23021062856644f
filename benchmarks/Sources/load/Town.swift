import MartletNet
import MartletXML

/// Users as there are: most of them idle, some writing, all with contacts; confined to the crew's
/// shard.
///
/// Unchecked for that reason.
final class Town: @unchecked Sendable {
    /// What happened since the last look.
    struct Tally: Sendable {
        var messages = Histogram()
        /// Those that waited in the store for one who was away.
        var stored = 0
        var pings = Histogram()
        var rosters = Histogram()
        var logins = Histogram()
        var presences = 0
        var lateness = Histogram()
    }

    /// What must not happen, since it all began.
    struct Faults: Sendable {
        var doubled = 0
        var errors = 0
        /// The first of them, in words.
        var first: String?
    }

    let crew: Crew
    let options: MixOptions
    let population: Population
    private let body: String
    private let clock = MonotonicClock()
    private var beats: [Beat] = []
    /// In the order of their numbers; nil for who is away.
    private var people: [Client?]
    private var away: Set<Int> = []
    private var asked: [String: Int64] = [:]
    private var tally = Tally()
    private var begun = 0
    /// All have been there once.
    private var isFull = false
    private var isOver = false
    private var hasSettled = false
    private(set) var faults = Faults()
    private(set) var ledger = Ledger()

    init(_ crew: Crew, _ options: MixOptions) {
        self.crew = crew
        self.options = options
        population = options.population
        people = Array(repeating: nil, count: options.users)
        let text = String(repeating: "Soft, what light! ", count: options.bodyBytes / 18 + 1)
        body = String(text.prefix(options.bodyBytes))
    }

    private var now: Int64 { clock.now.nanoseconds }

    func take() -> Tally {
        for beat in beats { tally.lateness.add(beat.takeLateness()) }
        defer { tally = Tally() }
        return tally
    }

    // MARK: Coming and going

    /// All come, a few at a time; ends when the last is there.
    func fill() {
        crew.awaited = { [self] in
            people.indices.filter { people[$0] == nil }.map { Population.name($0) }
        }
        for _ in 0..<min(crew.concurrency, options.users) { enterNext() }
    }

    private func enterNext() {
        guard begun < options.users else { return }
        let number = begun
        begun += 1
        enter(number) { [self] in
            isFull = people.allSatisfy { $0 != nil }
            if isFull { crew.finish() } else { enterNext() }
        }
    }

    private func enter(_ number: Int, then done: @escaping () -> Void) {
        let client = crew.makeClient(Population.name(number))
        let begin = now
        client.onFailed = { [self] in
            if isFull { fault($0) } else { crew.fail($0) }
        }
        client.onBound = { [self] client in
            client.onElement = { [self] client, element in
                guard element["id"] == "~roster", people[number] == nil else {
                    return hear(element, by: client)
                }
                tally.logins.record(nanoseconds: now - begin)
                away.remove(number)
                people[number] = client
                done()
            }
            client.send(Request.roster.text + "<presence/>")
        }
        client.connect(on: crew.shard)
    }

    private func leave(_ number: Int) {
        guard let client = people[number] else { return }
        people[number] = nil
        away.insert(number)
        client.onClosed = { [self] _ in
            crew.shard.schedule(after: .milliseconds(isOver ? 0 : 2_000)) { [self] in
                enter(number) { [self] in lookForEnd() }
            }
        }
        client.leave()
    }

    /// Ends when what the logins set off has arrived: presences came, and come no more.
    func settle() {
        let before = tally.presences
        crew.shard.schedule(after: .milliseconds(300)) { [self] in
            if tally.presences == before { crew.finish() } else { settle() }
        }
    }

    // MARK: What they do

    func begin() {
        let active = Double(options.activeCount)
        every(options.messageSeconds / active) { [self] in write() }
        every(options.presenceSeconds / active) { [self] in change() }
        every(options.rosterSeconds / active) { [self] in
            ask("r", "<query xmlns='jabber:iq:roster'/>")
        }
        every(options.pingSeconds / active) { [self] in ask("p", "<ping xmlns='urn:xmpp:ping'/>") }
        if options.logins > 0 {
            every(1 / options.logins) { [self] in leave(.random(in: 0..<options.users)) }
        }
        for beat in beats { beat.begin() }
    }

    private func every(_ seconds: Double, _ work: @escaping () -> Void) {
        beats.append(
            Beat(on: crew.shard, perSecond: 1 / seconds, isPatient: true) { _ in work() }
        )
    }

    /// One of the active who is there, by chance.
    private func someone() -> (number: Int, client: Client)? {
        let number = Int.random(in: 0..<options.activeCount)
        return people[number].map { (number, $0) }
    }

    /// To a contact, wherever it is: one who is away gets it on coming back.
    private func write() {
        guard let (number, client) = someone(),
            let contact = population.contacts(of: number).randomElement()
        else { return }
        let message = ledger.enter(at: now)
        client.send(
            """
            <message to='\(Population.name(contact))@\(client.domain)' type='chat' id='m\(message)'>\
            <body>\(body)</body></message>
            """
        )
    }

    private func change() {
        let shows = ["", "<show>away</show>", "<show>dnd</show>", "<show>chat</show>"]
        someone()?.client.send("<presence>\(shows.randomElement() ?? "")</presence>")
    }

    private func ask(_ kind: String, _ payload: String) {
        guard let (number, client) = someone() else { return }
        let id = "\(kind)\(number)"
        guard asked[id] == nil else { return }
        asked[id] = now
        client.send("<iq type='get' id='\(id)'>\(payload)</iq>")
    }

    // MARK: What they hear

    private func hear(_ element: Element, by client: Client) {
        // A server that knows no pings answers them with an error: an answer, too (XEP-0199 §4.2).
        if element["type"] == "error", element["id"]?.hasPrefix("p") != true {
            fault("\(client.jid) was told \(element)")
        }
        switch element.name {
        case "message": note(element)
        case "presence": tally.presences += 1
        case "iq": noteAnswer(element, by: client)
        default: break
        }
    }

    private func note(_ message: Element) {
        guard let id = message["id"], id.hasPrefix("m"), let number = Int(id.dropFirst()) else {
            return
        }
        switch ledger.arrive(number, at: now) {
        case .first(let nanoseconds):
            if message.child("delay", in: "urn:xmpp:delay") == nil {
                tally.messages.record(nanoseconds: nanoseconds)
            } else {
                tally.stored += 1
            }
        case .again, .unknown:
            faults.doubled += 1
            faults.first = faults.first ?? "came twice: \(message)"
        }
        lookForEnd()
    }

    private func noteAnswer(_ iq: Element, by client: Client) {
        guard let id = iq["id"] else { return }
        if iq["type"] == "get" || iq["type"] == "set" {
            return client.send("<iq type='result' id='\(id)'/>")
        }
        guard let begin = asked.removeValue(forKey: id) else { return }
        if id.hasPrefix("p") { tally.pings.record(nanoseconds: now - begin) }
        if id.hasPrefix("r") { tally.rosters.record(nanoseconds: now - begin) }
    }

    private func fault(_ what: String) {
        guard !isOver || !hasSettled else { return }
        faults.errors += 1
        faults.first = faults.first ?? what
    }

    // MARK: The end

    /// Nobody does anything more; ends when all are back and all messages are there, or after so many
    /// seconds.
    func end(within seconds: Int) {
        isOver = true
        for beat in beats { beat.stop() }
        crew.shard.schedule(after: .seconds(seconds)) { [self] in endNow() }
        lookForEnd()
    }

    private func lookForEnd() {
        if isOver, away.isEmpty, ledger.missing == 0 { endNow() }
    }

    private func endNow() {
        guard !hasSettled else { return }
        hasSettled = true
        crew.finish()
    }
}
