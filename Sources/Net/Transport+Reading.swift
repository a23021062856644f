import MartletCrypto

extension Transport {
    /// Stops reading; at most what was read already in this turn is still delivered.
    public final func pauseReading() {
        shard.assertCurrent()
        guard !isReadingPaused else { return }
        isReadingPaused = true
        interestChanged()
    }

    public final func resumeReading() {
        shard.assertCurrent()
        guard isReadingPaused else { return }
        isReadingPaused = false
        interestChanged()
    }

    /// Bytes came from the medium.
    final func mediumReceived(_ bytes: UnsafeRawBufferPointer) {
        guard phase == .open else { return }
        if let session {
            decrypt(bytes, session)
        } else {
            delegate?.transport(self, received: bytes)
        }
    }

    /// Decrypts all of a chunk before the owner is given any of it, so that the owner may do what
    /// it likes with this transport, even hand it over.
    private func decrypt(_ bytes: UnsafeRawBufferPointer, _ session: TLSSession) {
        var plaintext: [UInt8] = []
        swap(&plaintext, &shard.plaintext)
        defer {
            plaintext.removeAll(keepingCapacity: true)
            swap(&plaintext, &shard.plaintext)
        }
        let wasSecure = session.state != .handshaking
        if output.capacity == 0 { output = shard.buffers.take() }
        do {
            _ = try session.receive(
                bytes,
                plaintext: { plaintext.append(contentsOf: $0) },
                output: &output
            )
        } catch {
            flush()  // The alert.
            return finish(.tls(error))
        }
        markDirty()
        deliver(plaintext, session, isNewlySecure: !wasSecure && session.state != .handshaking)
    }

    private func deliver(_ plaintext: [UInt8], _ session: TLSSession, isNewlySecure: Bool) {
        if isNewlySecure { delegate?.transportSecured(self) }
        if phase == .open, !plaintext.isEmpty {
            plaintext.withUnsafeBytes { delegate?.transport(self, received: $0) }
        }
        if phase == .open, session.state == .peerClosed { mediumReachedEnd() }
    }

    /// The medium has delivered its last byte.
    final func mediumReachedEnd() {
        guard phase == .open || phase == .closing, !hasReachedEnd else { return }
        hasReachedEnd = true
        interestChanged()
        if phase == .closing {
            advanceClosing()
        } else if session?.state == .handshaking {
            finish(.peerClosed)
        } else {
            delegate?.transportReachedEnd(self)
        }
    }

    final func delegateChanged(had: Bool) {
        shard.assertCurrent()
        guard had != (delegate != nil) else { return }
        if phase == .ended, delegate != nil { shard.endings.append(self) }
        if phase == .open { interestChanged() }
    }
}
