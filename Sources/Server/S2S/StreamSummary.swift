import MartletCore
import MartletNet
import MartletStreams

/// A stream between servers, for who asks how it stands.
struct StreamSummary: Sendable {
    struct Pair: Sendable {
        let pair: DomainPair
        let proof: PeerProof
        /// Whether its sender is ours.
        let isOurs: Bool
    }

    let id: ObjectIdentifier
    let isDialled: Bool
    /// Where the peer is.
    let address: String
    /// What it was opened for; nil where the peer opened it.
    let order: DomainPair?
    /// Who may say something here, ours and the peer's, to whom.
    let pairs: [Pair]
    let tls: String?
    let age: Duration
    /// Stanzas.
    let sent: Int
    let received: Int
    let isClosing: Bool
}

extension S2SConnection {
    var summary: StreamSummary {
        let proofs = machine.pairs
        let isDialled = origin.isDialled
        var pairs = proofs.map {
            StreamSummary.Pair(pair: $0, proof: $1, isOurs: isDialled)
        }
        pairs += machine.reversePairs.map {
            StreamSummary.Pair(pair: $0, proof: $1, isOurs: false)
        }
        pairs += reversible.map {
            StreamSummary.Pair(pair: $0, proof: proofs[$0.reversed] ?? .dialback, isOurs: true)
        }
        var (order, address): (DomainPair?, String) = (nil, "\(transport.peerAddress)")
        if case .dialled(let own) = origin { (order, address) = (own.pair, own.address) }
        return StreamSummary(
            id: ObjectIdentifier(self),
            isDialled: isDialled,
            address: address,
            order: order,
            pairs: pairs,
            tls: tlsVersion,
            age: since.duration(to: shard.now),
            sent: delivery.written,
            received: received,
            isClosing: machine.isClosed
        )
    }
}
