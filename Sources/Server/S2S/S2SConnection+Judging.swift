import MartletCore
import MartletStreams

/// What other settings make of a stream that stands.
extension S2SConnection {
    /// The settings changed: who is no longer admitted, or would have to prove more by now, is told so.
    ///
    /// A pair cannot be taken off a stream. Where others may stay, it ends in good order: they lose nothing,
    /// and go on over the next one.
    func judgeAnew() {
        guard !machine.isClosed else { return }
        // Ours first.
        var pairs = Set(machine.pairs.keys.map { origin.isDialled ? $0 : $0.reversed })
        pairs.formUnion(machine.reversePairs.keys.map(\.reversed))
        let objections = pairs.compactMap { pair in objection(to: pair).map { (pair, $0) } }
        guard let (_, (reason, error)) = objections.first else { return }
        guard objections.count == pairs.count else {
            unwanted = Set(objections.map(\.0.reversed))
            carryOut(machine.close(nil))
            return
        }
        if fault == nil { fault = reason }
        shutDown(error)
    }

    /// Why there would be no such stream now, for senders and for the peer.
    private func objection(to pair: DomainPair) -> (S2SFault, StreamError)? {
        guard service.router.domains.hosts(pair.sender) else {
            return (.notAdmitted, StreamError(.hostGone))
        }
        guard let (fault, why) = doubt(about: pair) else { return nil }
        return (fault, StreamError(.policyViolation, why))
    }

    private func doubt(about pair: DomainPair) -> (S2SFault, String)? {
        let trust = service.trust(of: pair.sender, in: pair.target)
        if !trust.isAdmitted {
            return (.notAdmitted, "there are no streams between us any more")
        }
        if trust.tls == .required, !machine.isEncrypted {
            return (.tlsNotOffered, "TLS is required by now")
        }
        let proof = (origin.isDialled ? machine.reversePairs : machine.pairs)[pair.reversed]
        let hasProved =
            machine.isEncrypted
            && machine.identity.proves(pair.target, pins: trust.pins)
        if !hasProved, trust.proof == .certificate || proof == .certificate {
            let reason = machine.identity.explanation(for: pair.target, pins: trust.pins)
            return (.notProved(reason), "your certificate is not enough any more")
        }
        return nil
    }
}
