import MartletCore
import MartletStreams
import Testing

@testable import MartletServer

/// Two whole servers whose streams end in good order, again and again, while both sides speak.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct S2SPartingTests {
    private static let romeo = "romeo@montague.example"
    private static let juliet = "juliet@capulet.example"

    private func message(_ number: Int, to target: String) -> String {
        "<message to='\(target)' type='chat' id='n\(number).'><body>b\(number).</body></message>"
    }

    /// The numbers behind a mark, in the order in which they were heard.
    private func numbers(_ mark: String, in visitor: Visitor) -> [Int] {
        visitor.text.split(separator: mark).dropFirst().compactMap { part in
            part.firstIndex(of: ".").flatMap { Int(part[..<$0]) }
        }
    }

    /// One of the two servers says goodbye on all streams between them.
    private func part(_ server: MartletServer) async {
        for place in server.federation?.service.streams.places ?? [] {
            await place.visit { $0.end(nil) }
        }
    }

    /// Whether all that one said was heard by the other, in order, or came back.
    private func judge(_ speaker: Visitor, _ listener: Visitor, _ count: Int) {
        let heard = numbers("<body>b", in: listener).filter { $0 < count }
        let returned = errors(to: speaker)
        #expect(heard == heard.sorted() && heard.count == Set(heard).count, "\(heard)")
        let lost = Set(0..<count).subtracting(heard).subtracting(returned)
        #expect(lost.isEmpty, "lost: \(lost.sorted().prefix(20))")
    }

    private func errors(to visitor: Visitor) -> [Int] {
        visitor.text.split(separator: "<message ").filter { $0.contains("type='error'") }
            .compactMap { part in
                part.split(separator: "id='n").dropFirst().first.flatMap { rest in
                    rest.firstIndex(of: ".").flatMap { Int(rest[..<$0]) }
                }
            }
    }

    @Test(arguments: [0, 1] as [UInt64], [true, false])
    func `lose nothing`(seed: UInt64, isBidirectional: Bool) async throws {
        var chance = SplitMix(state: seed)
        try await Cities.with(.signed) { settings in
            settings.isBidirectional = isBidirectional
            settings.hasStreamManagement = false
            settings.limits.backoffTime = .milliseconds(1)
            settings.limits.backoffLimit = .milliseconds(2)
        } _: { cities in
            let romeo = try await cities.user("romeo", at: cities.montague)
            let juliet = try await cities.user("juliet", at: cities.capulet)
            for number in 0..<400 {
                romeo.send(message(number, to: "\(Self.juliet)/here"))
                juliet.send(message(number, to: "\(Self.romeo)/here"))
                guard Int.random(in: 0..<40, using: &chance) == 0 else { continue }
                await part(Bool.random(using: &chance) ? cities.montague : cities.capulet)
            }
            #expect(await isReachable("capulet.example", from: romeo, "found"))
            #expect(await isReachable("montague.example", from: juliet, "found"))
            #expect(await send(last: 400, from: romeo, to: juliet, Self.juliet))
            #expect(await send(last: 400, from: juliet, to: romeo, Self.romeo))
            judge(romeo, juliet, 401)
            judge(juliet, romeo, 401)
        }
    }

    /// Sends one, and waits until it was heard or is back: then so is all that was sent before.
    private func send(
        last number: Int,
        from speaker: Visitor,
        to listener: Visitor,
        _ address: String
    ) async -> Bool {
        speaker.send(message(number, to: "\(address)/here"))
        // What goes the same way behind it is answered when it has arrived, or is on its way back.
        let domain = String(address.split(separator: "@").last ?? "")
        guard await isReachable(domain, from: speaker, "last") else { return false }
        if errors(to: speaker).contains(number) { return true }
        return await listener.heard("<body>b\(number).</body>")
    }

    /// Asks a server until it answers: the two may have to find each other again.
    private func isReachable(
        _ domain: String,
        from visitor: Visitor,
        _ mark: String
    ) async -> Bool {
        for attempt in 0..<5_000 {
            let id = "\(mark)\(attempt)."
            visitor.send(
                "<iq type='get' id='\(id)' to='\(domain)'>"
                    + "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
            )
            guard await visitor.heard("id='\(id)'") else { return false }
            let answer = visitor.text.split(separator: "<iq ").last { $0.contains("id='\(id)'") }
            if answer?.prefix(120).contains("type='result'") == true { return true }
        }
        return false
    }
}
