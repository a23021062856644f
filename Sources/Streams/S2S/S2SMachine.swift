public import MartletCore

/// A stream between servers, whoever opened it.
public enum S2SMachine: Sendable {
    case incoming(S2SIncomingMachine)
    case outgoing(S2SOutgoingMachine)

    // The machine is taken out and put back, so that a step changes it where it stands and copies nothing.
    public mutating func receive(_ event: S2SEvent) -> [S2SAction] {
        let actions: [S2SAction]
        switch consume self {
        case .incoming(var machine):
            actions = machine.receive(event)
            self = .incoming(machine)
        case .outgoing(var machine):
            actions = machine.receive(event)
            self = .outgoing(machine)
        }
        return actions
    }

    /// Ends the stream from our side.
    public mutating func close(_ error: StreamError?) -> [S2SAction] {
        let actions: [S2SAction]
        switch consume self {
        case .incoming(var machine):
            actions = machine.close(error)
            self = .incoming(machine)
        case .outgoing(var machine):
            actions = machine.close(error)
            self = .outgoing(machine)
        }
        return actions
    }

    public var isClosed: Bool { read({ $0.isClosed }, { $0.isClosed }) }
    /// Whether the peer's stanzas still count although we closed the stream (RFC 6120 §4.4).
    public var isHearingOut: Bool { read({ $0.isHearingOut }, { $0.isHearingOut }) }
    public var isEncrypted: Bool { read({ $0.isEncrypted }, { $0.isEncrypted }) }
    /// Who is at the other end, as TLS knows it.
    public var identity: PeerIdentity { read({ $0.identity }, { $0.identity }) }
    /// The id that the receiving side gave the stream.
    public var streamID: String { read({ $0.streamID }, { $0.streamID }) }
    /// What the stream is authorised for in the direction in which it was opened.
    public var pairs: [DomainPair: PeerProof] { read({ $0.pairs }, { $0.pairs }) }
    /// What the peer may say on a stream that we opened (XEP-0288).
    public var reversePairs: [DomainPair: PeerProof] { read({ _ in [:] }, { $0.inbound.proofs }) }
    /// The `xml:lang` of the peer's header.
    public var language: String? { read({ $0.language }, { $0.language }) }

    private func read<T>(
        _ incoming: (S2SIncomingMachine) -> T,
        _ outgoing: (S2SOutgoingMachine) -> T
    ) -> T {
        switch self {
        case .incoming(let machine): incoming(machine)
        case .outgoing(let machine): outgoing(machine)
        }
    }
}
