import MartletClient
import MartletCore
import MartletStreams
import MartletXML

/// How an actor of a transcript is joined to the server.
protocol ActorLine: Sendable {
    var stanzas: AsyncStream<Stanza> { get }
    var fault: ClientFault? { get async }

    func send(_ xml: String) async throws
    /// Has a stanza with this id come behind all that comes for now.
    func probe(_ id: String) async throws
    /// Ends what comes.
    func cut() async -> ClientManagement?
}

/// A client's stream.
struct ClientLine: ActorLine {
    let client: Client
    let address: JID

    init(_ client: Client, at address: JID) {
        self.client = client
        self.address = address
    }

    var stanzas: AsyncStream<Stanza> { client.stanzas }
    var fault: ClientFault? { get async { await client.fault } }

    /// Sends what is a stanza as one, so that it is counted (XEP-0198); all else as it stands.
    func send(_ xml: String) async {
        if let element = try? Element.parse(xml), let stanza = try? Stanza(element) {
            await client.send(stanza)
        } else {
            await client.send(raw: Array(xml.utf8))
        }
    }

    /// Asks the server, whose answer is behind all that it sent before.
    func probe(_ id: String) async {
        let ask = "<iq type='get' id='\(id)' to='\(address.domainpart)'><ask xmlns='urn:x'/></iq>"
        await send(ask)
    }

    func cut() async -> ClientManagement? { await client.cut() }
}

/// What another server, or a component, is told and says.
struct PeerLine: ActorLine {
    let peer: ScenePeer
    let scene: Scene

    var stanzas: AsyncStream<Stanza> { peer.stanzas }
    var fault: ClientFault? { get async { nil } }

    func send(_ xml: String) throws {
        peer.send(try Stanza(try Element.parse(xml)))
    }

    /// From shard to shard goes what is on its way, and back again.
    func probe(_ id: String) async {
        for _ in 0..<4 { await scene.server.settle() }
        peer.mark(Stanza(.iq, type: .result, to: nil, id: id))
    }

    func cut() -> ClientManagement? {
        peer.finish()
        return nil
    }
}
