import MartletClient
import MartletCore
import MartletXML

extension Transcript {
    /// Plays the conversation against a scene.
    ///
    /// - Throws: `TranscriptError` at the first line that does not come true in time.
    public func play(in scene: Scene) async throws {
        var actors: [String: Performer] = [:]
        var noted: [String: String] = [:]
        for line in lines {
            do {
                try await play(line.step, in: scene, &actors, &noted)
            } catch {
                throw TranscriptError(line.number, "\(line.text)\n\(error)")
            }
        }
    }

    private func play(
        _ step: Step,
        in scene: Scene,
        _ actors: inout [String: Performer],
        _ noted: inout [String: String]
    ) async throws {
        switch step {
        case .friends(let one, let other): try await scene.befriend(one, other)
        case .account(let account): try await scene.enroll(account)
        case .enters(let name, let address, let isManaged):
            actors[name] = Performer(
                try await scene.enter(address, managed: isManaged),
                at: address
            )
        case .approaches(let name, let domain, let underTLS):
            let client = try await scene.approach(domain, underTLS: underTLS)
            actors[name] = Performer(client, at: domain)
        case .sends(let name, let xml):
            try await actor(name, actors).send(Self.filled(xml, noted))
        case .receives(let name, let pattern):
            noted = try await actor(name, actors).expect(pattern, noted)
        case .receivesNext(let name, let pattern):
            noted = try await actor(name, actors).expectNext(pattern, noted)
        case .receivesNothing(let name): try await actor(name, actors).expectNothing()
        case .ends(let name, let condition): try await actor(name, actors).end(by: condition)
        case .passes(let time): try await scene.pass(time)
        case .leaves(let name):
            let actor = try actor(name, actors)
            await actor.client.close()
        case .cuts(let name):
            let actor = try actor(name, actors)
            await actor.cut()
        case .returns(let name):
            let actor = try actor(name, actors)
            let client = try await scene.enter(
                actor.address,
                managed: true,
                resuming: await actor.earlier
            )
            guard await client.isResumed else { throw TranscriptError(0, "not resumed") }
            actors[name] = Performer(client, at: actor.address)
        }
    }

    /// The text with what was noted in the places of its names.
    private static func filled(_ xml: String, _ noted: [String: String]) -> String {
        noted.reduce(xml) { text, note in
            text.split(separator: "${\(note.key)}", omittingEmptySubsequences: false)
                .joined(separator: note.value)
        }
    }

    private func actor(_ name: String, _ actors: [String: Performer]) throws -> Performer {
        guard let actor = actors[name] else { throw TranscriptError(0, "who is \(name)?") }
        return actor
    }
}

/// One client of a transcript, and what it was sent and nobody asked for yet.
private actor Performer {
    nonisolated let client: Client
    nonisolated let address: JID
    private(set) var earlier: ClientManagement?
    private var iterator: AsyncStream<Stanza>.Iterator
    private var unread: [Element] = []

    /// How long what must come may take.
    private static let patience = Duration.seconds(60)
    /// The id of the request whose answer ends `nothing`.
    private static let probe = "transcript-probe"

    init(_ client: Client, at address: JID) {
        self.client = client
        self.address = address
        iterator = client.stanzas.makeAsyncIterator()
    }

    /// Sends what is a stanza as one, so that it is counted (XEP-0198); all else as it stands.
    func send(_ xml: String) async {
        if let element = try? Element.parse(xml), let stanza = try? Stanza(element) {
            await client.send(stanza)
        } else {
            await client.send(raw: Array(xml.utf8))
        }
    }

    /// - Returns: what is noted now.
    func expect(_ pattern: Element, _ noted: [String: String]) async throws -> [String: String] {
        while true {
            for (index, element) in unread.enumerated() {
                var noted = noted
                guard pattern.describes(element, &noted) else { continue }
                unread.remove(at: index)
                return noted
            }
            guard let next = try await next() else {
                throw TranscriptError(0, "but was sent only:\n\(told)")
            }
            unread.append(next)
        }
    }

    func expectNext(
        _ pattern: Element,
        _ noted: [String: String]
    ) async throws -> [String: String] {
        if unread.isEmpty, let next = try await next() { unread.append(next) }
        var noted = noted
        guard let first = unread.first, pattern.describes(first, &noted) else {
            throw TranscriptError(0, "but was sent first:\n\(told)")
        }
        unread.removeFirst()
        return noted
    }

    /// A request to the server comes back behind all that was sent before it.
    func expectNothing() async throws {
        let ask =
            "<iq type='get' id='\(Self.probe)' to='\(address.domainpart)'><ask xmlns='urn:x'/></iq>"
        await send(ask)
        while let next = try await next() {
            if next.attribute("id") == Self.probe { break }
            unread.append(next)
        }
        guard unread.isEmpty else { throw TranscriptError(0, "but was sent:\n\(told)") }
    }

    /// Loses the connection, and waits until nothing more comes.
    func cut() async {
        earlier = await client.cut()
        while await receive() != nil {}
    }

    /// What came before the end stays unread.
    func end(by condition: StreamError.Condition) async throws {
        while let next = try await next() { unread.append(next) }
        guard case .stream(let error) = await client.fault, error.condition == condition else {
            let fault = await client.fault
            throw TranscriptError(0, "but the stream ended so: \(fault.map { "\($0)" } ?? "")")
        }
    }

    private var told: String { unread.map(\.description).joined(separator: "\n") }

    /// The next stanza, or nil when none comes in time or the stream ended.
    private func next() async throws -> Element? {
        let client = client
        let watchdog = Task {
            try await Task.sleep(for: Self.patience)
            _ = await client.cut()
        }
        defer { watchdog.cancel() }
        return await receive()?.element
    }

    private func receive() async -> Stanza? {
        var iterator = iterator
        let stanza = await iterator.next(isolation: self)
        self.iterator = iterator
        return stanza
    }
}
