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
            let client = try await scene.enter(address, managed: isManaged)
            actors[name] = Performer(ClientLine(client, at: address))
        case .approaches(let name, let domain, let underTLS):
            let client = try await scene.approach(domain, underTLS: underTLS)
            actors[name] = Performer(ClientLine(client, at: domain))
        case .attaches(let name, let domain, let isComponent):
            let peer = isComponent ? scene.component(domain) : scene.peer(domain)
            actors[name] = Performer(PeerLine(peer: peer, scene: scene))
        case .fails(let name, let condition):
            try peer(name, actors).fail(with: StanzaError(condition))
        case .recovers(let name): try peer(name, actors).fail(with: nil)
        case .sends(let name, let xml):
            try await actor(name, actors).send(Self.filled(xml, noted))
        case .receives(let name, let pattern):
            noted = try await actor(name, actors).expect(pattern, noted)
        case .receivesNext(let name, let pattern):
            noted = try await actor(name, actors).expectNext(pattern, noted)
        case .receivesNothing(let name): try await actor(name, actors).expectNothing()
        case .ends(let name, let condition): try await actor(name, actors).end(by: condition)
        case .passes(let time): try await scene.pass(time)
        case .leaves(let name): try await client(name, actors).client.close()
        case .cuts(let name): try await actor(name, actors).cut()
        case .returns(let name):
            actors[name] = Performer(try await again(name, actors, in: scene))
        }
    }

    private func again(
        _ name: String,
        _ actors: [String: Performer],
        in scene: Scene
    ) async throws -> ClientLine {
        let address = try client(name, actors).address
        let earlier = try await actor(name, actors).earlier
        let client = try await scene.enter(address, managed: true, resuming: earlier)
        guard await client.isResumed else { throw TranscriptError(0, "not resumed") }
        return ClientLine(client, at: address)
    }

    private func client(
        _ name: String,
        _ actors: [String: Performer]
    ) throws -> ClientLine {
        guard let line = try actor(name, actors).line as? ClientLine else {
            throw TranscriptError(0, "\(name) is no client")
        }
        return line
    }

    private func peer(_ name: String, _ actors: [String: Performer]) throws -> ScenePeer {
        guard let line = try actor(name, actors).line as? PeerLine else {
            throw TranscriptError(0, "\(name) is no other server")
        }
        return line.peer
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
