import MartletCore
import MartletXML

/// A conversation on the wire, as a test reads it.
///
///     # XEP-0199 §4.2: a client asks its server.
///     friends romeo@montague.example juliet@capulet.example
///     romeo = romeo@montague.example/orchard
///
///     romeo > <iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>
///     romeo < <iq type='result' id='p1' to='romeo@montague.example/orchard'/>
///     romeo < nothing
///     300 seconds pass
///     romeo leaves
///
/// `paris = montague.example` opens a stream and does not log in; with ` secured` behind it, under TLS.
///
/// `globe = globe.example peer` is another server, whose stanzas are believed, and `echo =
/// echo.montague.example component` one of ours. After `globe fails remote-server-timeout`, what is sent
/// to it returns so, until `globe recovers`. To `globe < nothing` belongs what the server had passed on
/// by then: ask who sent it first.
///
/// `*` as an attribute's value, or as a text, stands for any; `*name` too, and later for that same one,
/// which is sent as `${name}`. A line that begins with a space goes on
/// with the one before. What an actor is sent may come in any order; `romeo << <message/>` says that it
/// is what came first of all that was not told yet, and `nothing` that all of it was. `romeo ends conflict` awaits the end of a stream with that error.
public struct Transcript: Sendable {
    enum Step: Sendable {
        case friends(JID, JID)
        case account(JID)
        case enters(String, JID, managed: Bool)
        case approaches(String, JID, underTLS: Bool)
        case attaches(String, JID, isComponent: Bool)
        case fails(String, StanzaError.Condition)
        case recovers(String)
        case sends(String, String)
        case receives(String, Element)
        case receivesNext(String, Element)
        case receivesNothing(String)
        case ends(String, StreamError.Condition)
        case passes(Duration)
        case leaves(String)
        case cuts(String)
        case returns(String)
    }

    /// A step and the line on which it stands.
    struct Line: Sendable {
        let number: Int
        let text: String
        let step: Step
    }

    public let name: String
    let lines: [Line]

    /// Whether the clock is moved, so that the server must go by one that can be.
    public var movesTime: Bool {
        lines.contains { if case .passes = $0.step { true } else { false } }
    }

    /// Whether somebody comes under TLS, so that the server must have certificates.
    public var needsTLS: Bool {
        lines.contains { if case .approaches(_, _, true) = $0.step { true } else { false } }
    }

    /// - Throws: `TranscriptError` at the first line that means nothing.
    public init(_ text: String, name: String) throws(TranscriptError) {
        self.name = name
        var lines: [Line] = []
        for (number, line) in Self.joined(text) {
            lines.append(Line(number: number, text: line, step: try Self.step(line, number)))
        }
        self.lines = lines
    }

    /// The lines that say something, each with what was continued on those after it.
    private static func joined(_ text: String) -> [(Int, String)] {
        var joined: [(number: Int, text: String)] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let trimmed = line.drop { $0 == " " || $0 == "\t" }
            if trimmed.isEmpty || trimmed.first == "#" { continue }
            if trimmed.startIndex != line.startIndex, !joined.isEmpty {
                joined[joined.count - 1].text += trimmed
            } else {
                joined.append((index + 1, String(line)))
            }
        }
        return joined
    }

    private static func step(_ line: String, _ number: Int) throws(TranscriptError) -> Step {
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        switch (words.first, words.dropFirst().first, words.dropFirst(2).first) {
        case ("friends", let one?, let other?):
            return .friends(try jid(one, number), try jid(other, number))
        case ("account", let one?, nil): return .account(try jid(one, number))
        case (let actor?, "=", let address?):
            let parts = address.split(separator: " ").map(String.init)
            let place = try jid(parts[0], number)
            let manner = parts.dropFirst().first
            if manner == "peer" || manner == "component" {
                return .attaches(actor, place, isComponent: manner == "component")
            }
            if place.isDomain {
                return .approaches(actor, place, underTLS: manner == "secured")
            }
            return .enters(actor, place, managed: manner == "managed")
        case (let actor?, ">", let xml?): return .sends(actor, xml)
        case (let actor?, "<", "nothing"): return .receivesNothing(actor)
        case (let actor?, "<", let xml?): return .receives(actor, try element(xml, number))
        case (let actor?, "<<", let xml?): return .receivesNext(actor, try element(xml, number))
        case (let count?, "seconds", "pass"):
            guard let seconds = Int(count) else { throw TranscriptError(number, "how many?") }
            return .passes(.seconds(seconds))
        case (let actor?, "ends", let name?):
            guard let condition = StreamError.Condition(rawValue: name) else {
                throw TranscriptError(number, "there is no stream error \(name)")
            }
            return .ends(actor, condition)
        case (let actor?, "fails", let name?):
            guard let condition = StanzaError.Condition(rawValue: name) else {
                throw TranscriptError(number, "there is no stanza error \(name)")
            }
            return .fails(actor, condition)
        case (let actor?, "recovers", nil): return .recovers(actor)
        case (let actor?, "leaves", nil): return .leaves(actor)
        case (let actor?, "cuts", nil): return .cuts(actor)
        case (let actor?, "returns", nil): return .returns(actor)
        default: throw TranscriptError(number, "what does '\(line)' mean?")
        }
    }

    private static func element(
        _ xml: String,
        _ number: Int
    ) throws(TranscriptError) -> Element {
        do { return try Element.parse(xml) } catch { throw TranscriptError(number, "\(error)") }
    }

    private static func jid(_ text: String, _ number: Int) throws(TranscriptError) -> JID {
        do { return try JID(text) } catch { throw TranscriptError(number, "\(error)") }
    }
}

/// A transcript that cannot be read, or did not come true.
public struct TranscriptError: Error, CustomStringConvertible, Sendable {
    public let line: Int
    public let reason: String

    init(_ line: Int, _ reason: String) {
        self.line = line
        self.reason = reason
    }

    public var description: String { "line \(line): \(reason)" }
}
