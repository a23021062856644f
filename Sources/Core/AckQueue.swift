internal import MartletXML

/// What was sent on a managed stream and is not acknowledged yet (XEP-0198 §4).
///
/// Counts modulo 2³², as both sides do. An item may be anything that stands for a stanza.
public struct AckQueue<Item: Sendable>: Sendable {
    /// More was acknowledged than was sent: a stream error (XEP-0198 §6).
    public struct Excess: Error, Hashable, Sendable {
        public let acknowledged: UInt32
        public let sent: UInt32

        /// What ends the stream (XEP-0198 §6).
        public var streamError: StreamError {
            var error = StreamError(.undefinedCondition, "more was acknowledged than was sent")
            error.application = Element(
                "handled-count-too-high",
                in: Namespace.streamManagement,
                ["h": String(acknowledged), "send-count": String(sent)]
            )
            return error
        }
    }

    /// How many items were sent since the queue began.
    public private(set) var sent: UInt32
    /// How many of them the peer has acknowledged.
    public private(set) var acknowledged: UInt32
    /// The bytes of all that waits.
    public private(set) var byteCount = 0

    private var waiting: [(item: Item, bytes: Int)] = []
    private var head = 0

    /// - Parameter count: where counting stands, which is zero for a new stream.
    public init(startingAt count: UInt32 = 0) {
        sent = count
        acknowledged = count
    }

    public var count: Int { waiting.count - head }

    public mutating func append(_ item: Item, bytes: Int) {
        waiting.append((item, bytes))
        sent &+= 1
        byteCount += bytes
    }

    /// Takes out what the peer has acknowledged by its counter `h`, in the order sent.
    public mutating func acknowledge(_ h: UInt32) throws(Excess) -> [Item] {
        let taken = Int(h &- acknowledged)
        guard taken <= count else { throw Excess(acknowledged: h, sent: sent) }
        let items = waiting[head..<head + taken].map { entry in
            byteCount -= entry.bytes
            return entry.item
        }
        head += taken
        acknowledged = h
        compact()
        return items
    }

    /// All that waits, in the order sent.
    public var items: [Item] { waiting[head...].map(\.item) }

    /// Frees the front once it is the larger part, and all of it when nothing waits.
    private mutating func compact() {
        if head == waiting.count {
            waiting = []
            head = 0
        } else if head > 64, head > waiting.count / 2 {
            waiting.removeFirst(head)
            head = 0
        }
    }
}
