import MartletNet
import MartletXML

/// Those who write to each other while the server is killed again and again, and the fate of every
/// message.
///
/// Unchecked, because it is confined to the shard of its crew.
final class Circle: @unchecked Sendable {
    /// Who there is, and what is expected.
    struct Terms: Sendable {
        enum Acknowledgement: String, CaseIterable, Sendable { case management, ping }

        var writers = 16
        var restless = 8
        var away = 24
        var seed: UInt64 = 1
        /// What a message counts as safe by.
        var acknowledgement = Acknowledgement.management
        /// Messages of a writer that may be unacknowledged before it waits.
        var window = 48

        var accounts: Int { writers + restless + away }
    }

    /// What must not happen, whatever is killed.
    struct Faults: Sendable {
        var count = 0
        var first: String?
    }

    let crew: Crew
    let terms: Terms
    let domain: String
    private(set) var people: [Correspondent] = []
    private var dice: Dice
    private(set) var fates: [Fate] = []
    /// When each message was sent: which visit its addressee was on.
    private var visits: [Int32] = []
    private(set) var contacts = ContactBook()
    private(set) var faults = Faults()
    /// Ends when something is killed.
    private(set) var round: Int32 = 0
    /// Something was acknowledged in this round.
    private var goesOn = false
    private var isWriting = false
    private var whenAllAre: ((Circle) -> Bool)?

    init(_ crew: Crew, _ terms: Terms) {
        self.crew = crew
        self.terms = terms
        domain = crew.terms.target.domain
        dice = Dice(terms.seed)
        let managed = terms.acknowledgement == .management
        people = (0..<terms.accounts).map { number in
            let habit: Correspondent.Habit =
                number < terms.writers
                ? .writer : number < terms.writers + terms.restless ? .restless : .away
            let isManaged = habit == .writer ? managed : number.isMultiple(of: 2)
            return Correspondent(number, habit, isManaged: isManaged, self)
        }
    }

    func fault(_ what: String) {
        faults.count += 1
        faults.first = faults.first ?? what
    }

    // MARK: Who does what

    /// All writers come, and everybody begins.
    func begin() {
        isWriting = true
        for person in people {
            switch person.habit {
            case .writer:
                person.come()
                write(person)
            case .restless: wander(person)
            case .away: stayAway(person)
            }
        }
    }

    /// Nobody writes or goes any more.
    func calmDown() {
        isWriting = false
    }

    /// All who are away come at once, for what was kept for them.
    func rush() {
        for person in people where person.habit == .away { visit(person) }
    }

    func beginRound() {
        round += 1
        goesOn = false
    }

    /// All writers are there, and what they write is stored.
    var isUnderWay: Bool { goesOn && people.prefix(terms.writers).allSatisfy(\.isReady) }

    /// Whoever is not there comes, once the last goodbye is said.
    func gather() -> Bool {
        for person in people where person.isGone { person.come() }
        return people.allSatisfy(\.isReady)
    }

    /// Asks until all that was sent is safe: the server says at once what is so far.
    func hasAllSafe() -> Bool {
        let late = people.filter(\.hasUnsafeMessages)
        for writer in late where writer.isReady { writer.askForSafety() }
        return late.isEmpty
    }

    private func after(_ milliseconds: ClosedRange<Int>, _ work: @escaping () -> Void) {
        crew.shard.schedule(after: dice.milliseconds(milliseconds)) { [self] in
            if isWriting { work() }
        }
    }

    private func wander(_ person: Correspondent) {
        after(20...250) { [self] in
            person.come()
            after(50...400) { [self] in
                if Bool.random(using: &dice) { person.vanish() } else { person.leave() }
                wander(person)
            }
        }
    }

    /// A visit is over when what was kept has been given out, and a little later.
    private func stayAway(_ person: Correspondent) {
        after(200...4_000) { [self] in
            visit(person)
            stayAway(person)
        }
    }

    private func visit(_ person: Correspondent) {
        guard person.isGone else { return }
        person.whenReady = { [self] person in after(0...50) { person.leave() } }
        person.come()
    }

    // MARK: Writing

    private func write(_ writer: Correspondent) {
        after(2...60) { [self] in
            let isFree = writer.isReady && writer.pending < terms.window
            if isFree { for _ in 0..<Int.random(in: 1...6, using: &dice) { writeOne(writer) } }
            // Once more, too, where the last answer was from before anything was stored.
            if writer.isReady, writer.pending > 0 { writer.askForSafety() }
            write(writer)
        }
    }

    private func writeOne(_ writer: Correspondent) {
        switch Int.random(in: 0..<100, using: &dice) {
        case ..<40: write(from: writer, to: terms.writers + terms.restless..<terms.accounts)
        case ..<65: write(from: writer, to: 0..<terms.writers)
        case ..<85: write(from: writer, to: terms.writers..<terms.writers + terms.restless)
        case ..<93: write(from: writer, to: terms.accounts..<terms.accounts + 100)
        default: changeContact(of: writer)
        }
    }

    private func write(from writer: Correspondent, to range: Range<Int>) {
        guard let other = range.randomElement(using: &dice) else { return }
        let (number, exists) = (fates.count, people.indices.contains(other))
        var fate = Fate(sender: Int32(writer.number), addressee: Int32(other), round: round)
        if !exists { fate.marks.insert(.toNobody) }
        fates.append(fate)
        visits.append(exists ? Int32(people[other].visits) : 1)
        writer.say(
            """
            <message to='\(Population.name(other))@\(domain)' type='chat' id='m\(number)'>\
            <body>What's in a name? \(number)</body></message>
            """,
            .message(number)
        )
    }

    private func changeContact(of writer: Correspondent) {
        let contact = Int.random(in: 0..<ContactBook.contactCount, using: &dice)
        let number = contacts.change(contact, of: writer.number)
        writer.say(
            """
            <iq type='set' id='c\(number)'><query xmlns='jabber:iq:roster'>\
            <item jid='\(ContactBook.address(contact))' name='\(number)'/></query></iq>
            """,
            .other
        )
    }

    // MARK: What is seen of messages

    func noteSafe(_ number: Int) {
        if fates[number].round == round { goesOn = true }
        fates[number].marks.insert(.acknowledged)
        let visit = visits[number]
        guard visit.isMultiple(of: 2) else { return }
        let addressee = people[Int(fates[number].addressee)]
        if addressee.habit == .away, addressee.visits == visit {
            fates[number].marks.insert(.addresseeAway)
        }
    }

    private func number(of message: Element) -> Int? {
        guard let id = message["id"], id.hasPrefix("m"), let number = Int(id.dropFirst()),
            fates.indices.contains(number)
        else { return nil }
        return number
    }

    func note(_ message: Element, by reader: Correspondent) {
        guard let number = number(of: message) else { return }
        if message["type"] == "error" { return noteBounce(number, message, by: reader) }
        guard fates[number].addressee == reader.number else {
            return fault("\(reader.bareJID) was given what is for somebody else: \(message)")
        }
        let stableID = stableID(of: message, by: reader)
        if fates[number].marks.insert(.received).inserted {
            fates[number].stableID = stableID
        } else if stableID != 0, stableID == fates[number].stableID {
            fates[number].marks.insert(.receivedAgain)
        } else {
            fates[number].marks.insert(.doubled)
        }
    }

    private func noteBounce(_ number: Int, _ message: Element, by reader: Correspondent) {
        guard fates[number].sender == reader.number else {
            return fault("\(reader.bareJID) was told of another's message: \(message)")
        }
        fates[number].marks.insert(.bounced)
        // The sender is asked to send it later: the database cannot be reached.
        let mayReturn =
            fates[number].marks.contains(.toNobody) || message.child("error")?["type"] == "wait"
        if !mayReturn { fault("returned though there is such an account: \(message)") }
    }

    /// The id in the name of the reader's account (XEP-0359); 0 for none.
    private func stableID(of message: Element, by reader: Correspondent) -> Int {
        let own = message.children("stanza-id", in: "urn:xmpp:sid:0").first {
            $0["by"] == reader.bareJID
        }
        return own?["id"].map(\.hashValue) ?? 0
    }

    // MARK: The end

    /// Everybody reads the own archive; finishes when all have.
    func readArchives() {
        var left = people.count
        for person in people {
            person.reading = ArchiveReading(
                noteMessage: { [self] in noteArchived($0, by: person) },
                done: { [self] in
                    left -= 1
                    if left == 0 { crew.finish() }
                }
            )
            ArchiveReading.ask(after: nil, by: person)
        }
    }

    private func noteArchived(_ message: Element, by reader: Correspondent) {
        guard let number = number(of: message) else { return }
        // What was returned is in its sender's archive as it was sent.
        if fates[number].sender == reader.number { fates[number].copiesOfSender += 1 }
        if fates[number].addressee == reader.number { fates[number].copiesOfAddressee += 1 }
    }

    func readRosters() {
        contacts.expected = terms.writers
        for writer in people.prefix(terms.writers) {
            writer.say("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>", .other)
        }
    }

    func noteContact(_ number: Int, of writer: Correspondent) {
        contacts.noteSafe(number)
    }

    func noteRoster(_ roster: Element, of writer: Correspondent) {
        contacts.read(roster, of: writer.number)
        contacts.expected -= 1
        if contacts.expected == 0 { crew.finish() }
    }

    /// The first messages that something is wrong with, in words.
    var examples: [String] {
        fates.indices.lazy.filter { [self] number in
            let fate = fates[number]
            return fate.place == .lost || fate.isDoubled || fate.isReturnedToo
                || fate.isMissingInArchive
        }.prefix(10).map { [self] number in
            let fate = fates[number]
            return """
                m\(number) of round \(fate.round) from \(fate.sender) to \(fate.addressee): \
                \(fate.marks), \(fate.copiesOfSender) and \(fate.copiesOfAddressee) copies in archives
                """
        }
    }
}
