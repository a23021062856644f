import MartletXML

/// What becomes of the bytes behind an element.
enum StreamFlow {
    case goOn
    /// They belong to a new stream on the same connection (RFC 6120 §4.3.3).
    case restart
    /// They were sent before TLS stood and mean nothing (the STARTTLS injection attack).
    case drop
    /// They wait until an answer is there.
    case wait
    /// They go along to another shard.
    case move
}

/// From bytes to events.
extension StreamEdge {
    /// Reads bytes until there are no more, or until something else must happen first.
    ///
    /// What `take` says of an element decides about the bytes behind it; those of a stream that is
    /// not open mean nothing. Both closures are inlined where this is called.
    ///
    /// - Returns: the parser's fault, unless the stream was closed before it; and why reading stopped,
    ///   `goOn` if all was read. After `wait` and `move` the rest is in `leftover`.
    @inline(__always)
    func read(
        _ bytes: UnsafeRawBufferPointer,
        while isOpen: () -> Bool,
        _ take: (StreamEvent) -> StreamFlow
    ) -> (fault: XMLError?, flow: StreamFlow) {
        var events: [StreamEvent] = []
        swap(&events, &self.events)
        defer {
            Self.empty(&events)
            self.events = events
        }
        var rest = bytes
        while !rest.isEmpty, isOpen() {
            Self.empty(&events)
            let fault = parser.read(rest, into: &events)
            var (flow, end) = (StreamFlow.goOn, 0)
            for event in events {
                flow = isOpen() ? take(event) : .drop
                guard flow == .goOn else {
                    end = event.endOffset
                    break
                }
            }
            if flow == .goOn { return (isOpen() ? fault : nil, .goOn) }
            rest = UnsafeRawBufferPointer(rebasing: rest[end...])
            if flow != .restart {
                stop(flow, before: rest)
                return (nil, flow)
            }
            parser.restart()
        }
        return (nil, .goOn)
    }

    /// Keeps the room: one by one, since there are few and `removeAll` costs more.
    private static func empty(_ events: inout [StreamEvent]) {
        while !events.isEmpty { events.removeLast() }
    }

    /// Puts the parser, and the bytes behind the element that was read last, where they belong.
    func stop(_ flow: StreamFlow, before rest: UnsafeRawBufferPointer) {
        switch flow {
        case .goOn: break
        case .restart, .drop: parser.restart()
        case .wait:
            parser.returnToBoundary()
            leftover = Array(rest)
        case .move: leftover = Array(rest)
        }
    }

    /// Reads on: gives the bytes that waited for an answer, which are to be read now.
    func takeLeftover() -> [UInt8] {
        resume(.negotiation)
        var bytes: [UInt8] = []
        swap(&bytes, &leftover)
        return bytes
    }
}
