import MartletCrypto

extension Transport {
    /// What moves to another shard: all but the medium.
    struct Baggage {
        var limits: WriteLimits
        var isCongested: Bool
        var isReadingPaused: Bool
        var hasReachedEnd: Bool
        var output: [UInt8]
        var outputStart: Int
        var plain: [UInt8]
        var session: TLSSession?
        var admission: Admission?
    }

    /// Lets go of the connection so that another shard can take it, with its TLS session and what
    /// waits to be written; what the peer sends in between waits in the medium.
    ///
    /// May be called from within `received`, too. This transport says nothing more, and one that
    /// was closed already tells its new owner.
    public final func detach() -> DetachedTransport {
        shard.assertCurrent()
        precondition(phase != .detached, "a transport is handed over once")
        if phase == .closing { finish(end) }
        let medium = phase == .ended ? DetachedTransport.Medium.gone(end) : giveMediumAway()
        phase = .detached
        delegate = nil
        let baggage = Baggage(
            limits: limits,
            isCongested: isCongested,
            isReadingPaused: isReadingPaused,
            hasReachedEnd: hasReachedEnd,
            output: output,
            outputStart: outputStart,
            plain: plain,
            session: session,
            admission: admission
        )
        output = []
        plain = []
        session = nil
        admission = nil
        return DetachedTransport(medium, baggage, peerAddress: peerAddress)
    }

    final func unpack(_ baggage: Baggage) {
        limits = baggage.limits
        isCongested = baggage.isCongested
        isReadingPaused = baggage.isReadingPaused
        hasReachedEnd = baggage.hasReachedEnd
        output = baggage.output
        outputStart = baggage.outputStart
        plain = baggage.plain
        session = baggage.session
        admission = baggage.admission
        if bufferedBytes > 0 { markDirty() }
        guard session?.state == .peerClosed, !hasReachedEnd else { return }
        shard.schedule(after: .zero) { [self] in mediumReachedEnd() }
    }
}
