public import MartletCore
import MartletCrypto
public import MartletNet
public import MartletStreams

extension Component {
    /// The port that is usual for components.
    public static let usualPort: UInt16 = 5347

    /// Connects, and proves the secret.
    ///
    /// The host is the domain itself unless `options` names one. `isDirectTLS` has TLS come first; there is
    /// none without it, since XEP-0114 has no negotiation.
    public static func connect(
        _ domain: JID,
        secret: String,
        options: Client.Options = Client.Options(port: usualPort),
        on shard: Shard
    ) async throws(ClientFault) -> Component {
        let host = options.host ?? domain.domainpart
        let context = options.isDirectTLS ? try options.makeTLSContext() : nil
        let transport: Transport
        do {
            let addresses = try await resolve(host: host, port: options.port)
            transport = try await Connector.connect(
                to: addresses,
                on: shard,
                timeout: options.timeout
            )
        } catch {
            throw .connection("\(error)")
        }
        let login = ComponentClientMachine.Login(domain: domain, secret: Array(secret.utf8))
        let component = Component(transport, login: login)
        try await component.start(tls: context.map { ($0, host) }, within: options.timeout)
        return component
    }

    /// Proves the secret over a transport that stands, such as one end of an in-memory pipe.
    ///
    /// - Throws: `timedOut` when the server takes longer than `limit`.
    public static func connect(
        _ login: ComponentClientMachine.Login,
        over transport: Transport,
        within limit: Duration = .seconds(60)
    ) async throws(ClientFault) -> Component {
        let component = Component(transport, login: login)
        try await component.start(tls: nil, within: limit)
        return component
    }

    /// Serves a domain until the stream ends: a component in one line.
    ///
    /// `answer` is asked for each stanza, in order, and what it gives is sent. A request that it gives nothing
    /// for is answered `service-unavailable`. A cancelled task closes the stream.
    ///
    /// - Throws: why there was no stream, or why it ended.
    public static func serve(
        _ domain: JID,
        secret: String,
        options: Client.Options = Client.Options(port: usualPort),
        answer: @Sendable (Stanza) async -> Stanza?
    ) async throws(ClientFault) {
        let shard = Shard(index: 0)
        shard.start()
        do throws(ClientFault) {
            let component = try await connect(domain, secret: secret, options: options, on: shard)
            await component.serve(answer)
            if let fault = await component.fault, !Task.isCancelled { throw fault }
        } catch {
            await shard.stop()
            throw error
        }
        await shard.stop()
    }

    /// Answers what comes until the stream ends, or the task is cancelled, which closes the stream.
    public func serve(_ answer: @Sendable (Stanza) async -> Stanza?) async {
        for await stanza in stanzas {
            if let reply = await answer(stanza) {
                send(reply)
            } else if stanza.kind == .iq, let refusal = stanza.bounced(.serviceUnavailable) {
                send(refusal)
            }
        }
        await close()
    }
}
