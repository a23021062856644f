internal import MartletCrypto

/// How far an export has come: what stands before ``offset`` of the file is whole, and is not written again.
public struct ExportMark: Hashable, Sendable {
    enum Stage: String { case accounts, owners }

    /// Bytes of the file.
    public internal(set) var offset = 0
    /// What was counted up to there.
    public internal(set) var tally = Tally()
    /// The domain that is under way.
    var domain: String?
    /// The last domain that is done.
    var finished: String?
    var stage = Stage.accounts
    /// The localpart, or the owner's name, that was written last.
    var last: String?

    init() {}

    init(after domain: String, tally: Tally) {
        finished = domain
        self.tally = tally
    }

    mutating func begin(_ domain: String, _ tally: Tally) {
        (self.domain, self.tally, stage, last) = (domain, tally, .accounts, nil)
    }

    mutating func beginOwners(_ tally: Tally) {
        (self.tally, stage, last) = (tally, .owners, nil)
    }

    /// Whether a domain comes before the place that is marked.
    func isPast(_ other: String) -> Bool {
        if let finished, !finished.utf8.lexicographicallyPrecedes(other.utf8) { return true }
        guard let domain else { return false }
        return other.utf8.lexicographicallyPrecedes(domain.utf8)
    }
}

/// A mark as a file: a line for each thing, texts in base64.
extension ExportMark {
    private static let title = "martlet export 1"

    /// - Parameter settings: what the export was asked for, which a later one must ask for too.
    /// - Returns: lines, of which the last is `end`.
    public func text(for settings: String) -> String {
        var lines = [Self.title, "for \(Self.encode(settings))", "offset \(offset)"]
        lines.append("stage \(stage.rawValue)")
        for (name, text) in [("domain", domain), ("finished", finished), ("last", last)] {
            if let text { lines.append("\(name) \(Self.encode(text))") }
        }
        for kind in Tally.Kind.allCases where tally[kind] > 0 {
            lines.append("count \(Self.encode(kind.rawValue)) \(tally[kind])")
        }
        return (lines + ["end", ""]).joined(separator: "\n")
    }

    /// Reads one back; nil when it is none, is not whole, or was made for something else.
    public init?(_ text: String, for settings: String) {
        var lines = text.split(separator: "\n")
        guard lines.popLast() == "end", lines.first.map(String.init) == Self.title else {
            return nil
        }
        var isOurs = false
        for line in lines.dropFirst() {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count >= 2 else { return nil }
            switch words[0] {
            case "for": isOurs = Self.decode(words[1]) == settings
            case "offset": offset = Int(words[1]) ?? -1
            case "stage": stage = Stage(rawValue: String(words[1])) ?? .accounts
            case "domain": domain = Self.decode(words[1])
            case "finished": finished = Self.decode(words[1])
            case "last": last = Self.decode(words[1])
            case "count":
                let kind = Self.decode(words[1]).flatMap(Tally.Kind.init)
                guard words.count == 3, let kind, let count = Int(words[2]) else { return nil }
                tally[kind] = count
            default: return nil
            }
        }
        guard isOurs, offset > 0 else { return nil }
    }

    private static func encode(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

    private static func decode(_ text: Substring) -> String? {
        Base64.decode(String(text)).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
