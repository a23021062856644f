import MartletCore
import MartletXML

/// One handler and its place.
final class PhaseEntry: Sendable {
    let match: Match
    let priority: Int
    let name: String
    let mend: ErrorHandler?
    /// It only looks: its place among others does not matter.
    let isObserver: Bool
    let action: Action
    /// What there is to ask of a stanza of the kind that the entry was found by.
    let question: MatchQuestion

    enum Action: Sendable {
        case function(FunctionHandler)
        case standing(StandingHandler)
    }

    init(
        match: Match,
        priority: Int,
        name: String,
        mend: ErrorHandler? = nil,
        isObserver: Bool = false,
        question: MatchQuestion = .everything,
        _ action: Action
    ) {
        self.match = match
        self.priority = priority
        self.name = name
        self.mend = mend
        self.isObserver = isObserver
        self.question = question
        self.action = action
    }

    /// The same, asked only what the kind leaves open.
    func asked(of kind: Stanza.Kind) -> PhaseEntry {
        PhaseEntry(
            match: match,
            priority: priority,
            name: name,
            mend: mend,
            isObserver: isObserver,
            question: MatchQuestion(match, of: kind),
            action
        )
    }
}

/// Where an entry is, and what is asked of it for each stanza; the table that it is of keeps it, so
/// that nothing is counted to look at it.
struct PhaseCell: BitwiseCopyable, Sendable {
    private let address: Unmanaged<PhaseEntry>
    /// One of these two is there.
    let standing: Unmanaged<StandingHandler>?
    let function: Unmanaged<FunctionHandler>?
    /// The types it wants, where there is nothing else to ask.
    private let types: MatchQuestion.TypeSet?

    init(_ entry: PhaseEntry) {
        address = .passUnretained(entry)
        types = entry.question.typesAlone
        switch entry.action {
        case .standing(let handler): (standing, function) = (.passUnretained(handler), nil)
        case .function(let handler): (standing, function) = (nil, .passUnretained(handler))
        }
    }

    var entry: PhaseEntry { address.takeUnretainedValue() }

    /// Whether it wants a stanza that it is a candidate for.
    @inline(__always)
    func wants(_ stanza: Stanza) -> Bool {
        if let types { return types.contains(stanza.type) }
        return address._withUnsafeGuaranteedRef { $0.question.holds(for: stanza, $0.match) }
    }

    /// The error handler, if there is one.
    var mend: ErrorHandler? { entry.mend }
}
