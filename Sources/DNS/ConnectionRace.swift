/// Which of several places is connected to, and when (RFC 8305 §5): what happened in, what to do out.
///
/// Places are named by their index in the order in which they are tried.
struct ConnectionRace {
    enum Action: Hashable {
        case dial(Int)
        /// Call `delayPassed` when the delay between two attempts has passed from now.
        case startDelay
        /// Somebody else won.
        case abandon(Int)
        case end(winner: Int?)
    }

    let count: Int
    private var next = 0
    private var dialled: Set<Int> = []
    private var isOver = false

    /// - Parameter count: how many places there are.
    init(count: Int) {
        self.count = count
    }

    mutating func begin() -> [Action] { isOver ? [] : dialNext() }

    mutating func delayPassed() -> [Action] { isOver ? [] : dialNext() }

    /// The next is tried at once.
    mutating func failed(_ place: Int) -> [Action] {
        guard !isOver, dialled.remove(place) != nil else { return [] }
        return dialNext()
    }

    mutating func connected(_ place: Int) -> [Action] {
        guard !isOver, dialled.remove(place) != nil else { return [] }
        return end(winner: place)
    }

    /// The time for all is up.
    mutating func deadlinePassed() -> [Action] { isOver ? [] : end(winner: nil) }

    private mutating func dialNext() -> [Action] {
        guard next < count else { return dialled.isEmpty ? end(winner: nil) : [] }
        let place = next
        next += 1
        dialled.insert(place)
        return next < count ? [.dial(place), .startDelay] : [.dial(place)]
    }

    private mutating func end(winner: Int?) -> [Action] {
        isOver = true
        let losers = dialled.sorted().map(Action.abandon)
        dialled = []
        return losers + [.end(winner: winner)]
    }
}
