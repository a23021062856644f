import MartletCrypto

extension Transport {
    /// How many bytes wait to be written.
    public final var bufferedBytes: Int { output.count - outputStart + plain.count }

    /// Appends bytes to what is written at the end of this turn.
    public final func send(_ bytes: borrowing [UInt8]) {
        bytes.withUnsafeBytes { send($0) }
    }

    /// Appends bytes to what is written at the end of this turn.
    public final func send(_ bytes: UnsafeRawBufferPointer) {
        withOutput { $0.append(contentsOf: bytes) }
    }

    /// Lets `body` append to what is written at the end of this turn.
    ///
    /// It must not change what is there already, nor call the transport. Once the transport is
    /// closed it appends to nothing.
    public final func withOutput(_ body: (inout [UInt8]) -> Void) {
        shard.assertCurrent()
        guard phase == .open else {
            var nothing: [UInt8] = []
            return body(&nothing)
        }
        if session == nil {
            if output.capacity == 0 { output = shard.buffers.take() }
            body(&output)
        } else {
            if plain.capacity == 0 { plain = shard.buffers.take() }
            body(&plain)
        }
        markDirty()
        if bufferedBytes > limits.highWater { relieve() }
    }

    final func markDirty() {
        guard !isDirty else { return }
        isDirty = true
        shard.dirty.append(self)
    }

    /// Too much waits for the end of the turn: writes now what the peer takes, and judges the rest.
    private func relieve() {
        flush()
        guard phase == .open, bufferedBytes > limits.highWater else { return }
        isCongested = true
        if bufferedBytes > limits.maximum { finish(.overflow) }
    }

    final func flushAtTurnEnd() {
        isDirty = false
        flush()
        reportDrained()
        reportFlushed()
        if phase == .closing { advanceClosing() }
    }

    /// The medium takes bytes again.
    final func mediumCanWrite() {
        isBlocked = false
        interestChanged()
        markDirty()
    }

    final func flush() {
        guard phase == .open || phase == .closing else { return }
        encrypt()
        guard !isBlocked, phase != .ended else { return }
        guard output.count > outputStart else { return dropOutput() }
        let written = output.withUnsafeBytes {
            write(UnsafeRawBufferPointer(rebasing: $0[outputStart...]))
        }
        switch written {
        case .all: dropOutput()
        case .some(let count):
            outputStart += count
            isBlocked = true
            compact()
            interestChanged()
        case .broken: finish(hasReachedEnd ? .peerClosed : .reset)
        }
    }

    /// Makes records of what waits for it, once the handshake is over.
    final func encrypt() {
        guard let session, session.state != .handshaking, !plain.isEmpty else { return }
        if output.capacity == 0 { output = shard.buffers.take() }
        do {
            try plain.withUnsafeBufferPointer { bytes throws(TLSFault) in
                try session.send(UnsafeRawBufferPointer(bytes), output: &output)
            }
            shard.buffers.giveBack(&plain)
        } catch {
            finish(.tls(error))
        }
    }

    final func dropOutput() {
        outputStart = 0
        shard.buffers.giveBack(&output)
    }

    /// Frees the written front once it is the larger part.
    private func compact() {
        guard outputStart > 64 * 1024, outputStart > output.count / 2 else { return }
        output.removeFirst(outputStart)
        outputStart = 0
    }

    /// Has the owner told, once, when nothing waits to be written any more.
    public final func reportFlush() {
        awaitsFlush = true
        markDirty()
    }

    private func reportFlushed() {
        guard awaitsFlush, phase == .open, bufferedBytes == 0 else { return }
        awaitsFlush = false
        delegate?.transportFlushed(self)
    }

    private func reportDrained() {
        guard phase == .open, isCongested, bufferedBytes < limits.lowWater else { return }
        isCongested = false
        delegate?.transportDrained(self)
    }
}
