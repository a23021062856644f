import MartletNet

/// Writes what waits at a seat to its connection, and knows what of it may not have left yet.
struct SeatOutlet {
    private var unflushed: [ComponentSeats.Item] = []

    /// Writes as long as the other side reads.
    mutating func write(
        from route: ComponentRoute,
        for link: any ComponentLink,
        to transport: Transport
    ) {
        forgetFlushed(transport.bufferedBytes)
        while true {
            let items = route.next(for: link)
            guard !items.isEmpty else { return }
            transport.reportFlush()
            for (index, item) in items.enumerated() {
                transport.withOutput { item.stanza.append(to: &$0) }
                unflushed.append(item)
                guard transport.isCongested else { continue }
                return route.putBack(Array(items[(index + 1)...]), for: link)
            }
        }
    }

    /// All that was written has left.
    mutating func flushed() { unflushed = [] }

    /// What was written and may not have left, which is no concern of this any more; nothing more than
    /// may stand in a buffer of so many bytes.
    mutating func takeUnflushed(_ bufferedBytes: Int = .max) -> [ComponentSeats.Item] {
        forgetFlushed(bufferedBytes)
        defer { unflushed = [] }
        return unflushed
    }

    /// Keeps no more of what was written than may still stand in the buffer, which need never be empty.
    private mutating func forgetFlushed(_ bufferedBytes: Int) {
        var (first, bytes) = (unflushed.count, 0)
        while first > 0, bytes < bufferedBytes {
            first -= 1
            bytes += unflushed[first].stanza.element.byteCount
        }
        unflushed.removeFirst(first)
    }
}
