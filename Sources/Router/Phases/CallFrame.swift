import MartletCore

/// The frame that the standing handlers of a chain share, while a stanza goes along it.
///
/// It is opened by the first that is called, and closed when the chain stops, for whatever reason.
struct CallFrame: ~Copyable {
    private let shelf: FrameShelf
    private var memory: UnsafeMutableRawPointer?
    private var opener: Unmanaged<StandingHandler>?

    init(from shelf: FrameShelf) { self.shelf = shelf }

    /// Asks a standing handler.
    ///
    /// Not of a shard: inside of one, lending the handler would be taken for a reason to check on which
    /// executor this is.
    @inline(__always)
    mutating func call(
        _ handler: Unmanaged<StandingHandler>,
        _ shard: RouterShard,
        _ stanza: Stanza,
        _ context: borrowing Context
    ) -> Verdict {
        handler._withUnsafeGuaranteedRef {
            let memory = memory ?? open($0, shard, stanza, context)
            return $0.handle(memory)
        }
    }

    /// Apart, since it happens once for a chain.
    @inline(never)
    private mutating func open(
        _ handler: StandingHandler,
        _ shard: RouterShard,
        _ stanza: Stanza,
        _ context: borrowing Context
    ) -> UnsafeMutableRawPointer {
        let taken = shelf.take()
        handler.open(taken, on: shard, stanza, context)
        memory = taken
        opener = .passUnretained(handler)
        return taken
    }

    @inline(__always)
    func close() {
        guard let memory, let opener else { return }
        opener._withUnsafeGuaranteedRef { $0.close(memory) }
        shelf.put(memory)
    }
}

/// Frames that nobody uses: as many as chains have been inside of one another on a shard.
///
/// Unchecked: its shard alone uses it.
final class FrameShelf: @unchecked Sendable {
    /// The first bytes of each are the address of the next.
    @exclusivity(unchecked) private var first: UnsafeMutableRawPointer?

    @inline(__always)
    func take() -> UnsafeMutableRawPointer {
        guard let taken = first else {
            return .allocate(byteCount: StandingHandler.frameBytes, alignment: 16)
        }
        first = taken.load(as: UnsafeMutableRawPointer?.self)
        return taken
    }

    @inline(__always)
    func put(_ frame: UnsafeMutableRawPointer) {
        frame.storeBytes(of: first, as: UnsafeMutableRawPointer?.self)
        first = frame
    }

    deinit {
        while let taken = first {
            first = taken.load(as: UnsafeMutableRawPointer?.self)
            taken.deallocate()
        }
    }
}

extension RouterShard {
    /// Who said something other than to go on, and what.
    typealias Word = (index: Int, verdict: Verdict)

    /// Asks handlers in their order, from `start` on, until one says something else than to go on.
    ///
    /// To be called on the shard's thread.
    ///
    /// Apart from what is made of it, so that the way of a stanza which nobody stops is short.
    @inline(never)
    nonisolated func firstWord(
        _ chain: PhaseTable.Chain,
        from start: Int,
        _ stanza: Stanza,
        _ context: Context
    ) -> Word? {
        chain.withUnsafeBufferPointer { cells in
            var frame = CallFrame(from: frames)
            defer { frame.close() }
            for index in start - chain.startIndex..<cells.count where cells[index].wants(stanza) {
                let verdict =
                    if let standing = cells[index].standing {
                        frame.call(standing, self, stanza, context)
                    } else if let function = cells[index].function {
                        FunctionHandler.call(function, self, stanza, context)
                    } else {
                        Verdict.continue
                    }
                guard case .continue = verdict else { return (index + chain.startIndex, verdict) }
            }
            return nil
        }
    }
}
