/// Keeps order while one piece of work waits: what comes meanwhile stands behind it.
struct WorkQueue<Work> {
    private(set) var isWorking = false
    /// Nothing is under way, and nothing may start all the same.
    private(set) var isHeld = false
    private var waiting: [Work] = []
    private var head = 0

    var count: Int { waiting.count - head }
    /// What is not done: the work under way, and what stands behind it.
    var pending: Int { count + (isWorking ? 1 : 0) }
    var isIdle: Bool { !isWorking && count == 0 }

    /// What came last of what stands in line.
    var last: Work? { count > 0 ? waiting[waiting.count - 1] : nil }

    /// What stands in line, by its place there.
    subscript(place: Int) -> Work {
        get { waiting[head + place] }
        set { waiting[head + place] = newValue }
    }

    /// Whether this work may start now; otherwise it is kept.
    mutating func admits(_ work: Work) -> Bool {
        guard isWorking || isHeld else { return true }
        waiting.append(work)
        return false
    }

    /// The work under way waits; nothing is admitted until `resume`.
    mutating func suspend() {
        isWorking = true
    }

    /// The work that waited is done.
    mutating func resume() {
        isWorking = false
    }

    /// Nothing starts until `release`.
    mutating func hold() {
        isHeld = true
    }

    mutating func release() {
        isHeld = false
    }

    /// What comes next, if nothing is under way.
    mutating func next() -> Work? {
        guard !isWorking, !isHeld, head < waiting.count else { return nil }
        let work = waiting[head]
        head += 1
        compact()
        return work
    }

    /// Frees the front once it is the larger part, so that a queue that is never empty stays small.
    private mutating func compact() {
        if head == waiting.count {
            // The little that most queues ever need is kept, since they need it again at once.
            waiting.removeAll(keepingCapacity: waiting.capacity <= 8)
            head = 0
        } else if head > 64, head > waiting.count / 2 {
            waiting.removeFirst(head)
            head = 0
        }
    }

    /// How many places the queue takes, those of work that is done among them.
    var places: Int { waiting.count }
}
