import Synchronization

/// One direction of a pipe: like the kernel's buffers between two sockets, bounded and in order.
final class PipeLane: Sendable {
    /// Bytes on their way, at most.
    static let capacity = 64 * 1024

    /// What the reader finds.
    struct Arrival {
        var bytes: [UInt8]
        var hasEnded: Bool
    }

    private struct State {
        var bytes: [UInt8] = []
        var hasEnded = false
        var isCut = false
        var writerWaits = false
        var reader: PipeTransport?
        var writer: PipeTransport?
    }

    private let state = Mutex(State())

    /// Takes what fits, and wakes the reader.
    func put(_ bytes: UnsafeRawBufferPointer) -> Transport.Written {
        // Proof: used before this call returns.
        nonisolated(unsafe) let bytes = bytes
        let (taken, reader, isCut) = state.withLock { state in
            let count = state.isCut ? 0 : min(bytes.count, Self.capacity - state.bytes.count)
            state.bytes.append(contentsOf: bytes[..<count])
            state.writerWaits = count < bytes.count
            return (count, state.reader, state.isCut)
        }
        guard !isCut else { return .broken }
        reader?.wakeToRead()
        return taken == bytes.count ? .all : .some(taken)
    }

    var isCut: Bool { state.withLock { $0.isCut } }

    /// Takes all that is there, and wakes a writer that waits for room.
    func take() -> Arrival {
        let (arrival, writer) = state.withLock { state in
            var arrival = Arrival(bytes: [], hasEnded: state.hasEnded)
            swap(&arrival.bytes, &state.bytes)
            defer { state.writerWaits = false }
            return (arrival, state.writerWaits ? state.writer : nil)
        }
        writer?.wakeToWrite()
        return arrival
    }

    /// Says that no more will be put.
    func end() {
        state.withLock { state in
            state.hasEnded = true
            return state.reader
        }?.wakeToRead()
    }

    /// Loses what is on its way, and all that would come.
    func cut() {
        let ends = state.withLock { state in
            state.isCut = true
            state.bytes = []
            return [state.reader, state.writer]
        }
        ends[0]?.wakeToRead()
        ends[1]?.wakeToRead()
    }

    func setReader(_ reader: PipeTransport?) {
        state.withLock { $0.reader = reader }
    }

    func setWriter(_ writer: PipeTransport?) {
        state.withLock { $0.writer = writer }
    }
}
