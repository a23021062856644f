extension Transport {
    /// Ends the connection; `transportClosed` follows, at the end of this turn at the earliest.
    ///
    /// - Parameters:
    ///   - afterFlush: whether to write what waits, say so (FIN) and wait for the peer to do the same;
    ///     what it still sends is thrown away. Otherwise what waits is dropped.
    ///   - limit: the time for that, after which the connection is cut.
    public final func close(afterFlush: Bool, within limit: Duration) {
        shard.assertCurrent()
        guard phase == .open else { return }
        guard afterFlush else { return finish(.closed) }
        end = hasReachedEnd ? .peerClosed : .closed
        sealOutput()
        guard phase == .open else { return }
        phase = .closing
        lingerTimer = shard.schedule(after: limit) { [unowned self] in lingeredTooLong() }
        interestChanged()
        markDirty()
    }

    /// Puts TLS's own last word behind what waits to be written.
    final func sealOutput() {
        guard let session else { return }
        encrypt()
        shard.buffers.giveBack(&plain)
        if output.capacity == 0 { output = shard.buffers.take() }
        session.close(output: &output)
    }

    final func advanceClosing() {
        guard phase == .closing, bufferedBytes == 0 else { return }
        if !hasShut {
            hasShut = true
            shutWriting()
        }
        if hasReachedEnd { finish(end) }
    }

    private func lingeredTooLong() {
        lingerTimer = nil
        finish(bufferedBytes == 0 ? end : .timedOut)
    }

    /// Ends it now; its owner hears of it at the end of this turn.
    final func finish(_ reason: TransportEnd) {
        guard phase == .open || phase == .closing else { return }
        phase = .ended
        end = reason
        if let lingerTimer { shard.cancel(lingerTimer) }
        lingerTimer = nil
        dropOutput()
        shard.buffers.giveBack(&plain)
        session = nil
        release()
        admission?.giveBack()
        admission = nil
        shard.endings.append(self)
    }

    final func announceEnd() {
        guard phase == .ended, !hasAnnouncedEnd, let owner = delegate else { return }
        hasAnnouncedEnd = true
        delegate = nil
        owner.transportClosed(self, end)
    }
}
