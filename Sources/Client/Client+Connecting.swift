public import MartletCore
public import MartletCrypto
public import MartletNet
import MartletSASL
public import MartletStreams
import MartletXML

extension Client {
    /// How a server is reached and trusted.
    public struct Options: Sendable {
        /// The host to connect to, where it is not the account's domain.
        public var host: String?
        public var port: UInt16
        /// Whether TLS begins before the stream does (XEP-0368).
        public var isDirectTLS: Bool
        public var verifiesCertificate: Bool
        /// PEM files of authorities to trust instead of the system's.
        public var authorities: String?
        public var timeout: Duration

        public init(
            host: String? = nil,
            port: UInt16 = 5222,
            isDirectTLS: Bool = false,
            verifiesCertificate: Bool = true,
            authorities: String? = nil,
            timeout: Duration = .seconds(30)
        ) {
            self.host = host
            self.port = port
            self.isDirectTLS = isDirectTLS
            self.verifiesCertificate = verifiesCertificate
            self.authorities = authorities
            self.timeout = timeout
        }
    }

    /// Connects, logs in and binds a resource.
    ///
    /// The session of a connection that broke is taken up again when it is given as `earlier`.
    public static func connect(
        _ login: ClientMachine.Login,
        options: Options = Options(),
        on shard: Shard,
        resuming earlier: ClientManagement? = nil
    ) async throws(ClientFault) -> Client {
        let domain = login.account.domainpart
        let transport: Transport
        let tls = try options.makeTLSContext()
        do {
            let addresses = try await resolve(host: options.host ?? domain, port: options.port)
            transport = try await Connector.connect(
                to: addresses,
                on: shard,
                timeout: options.timeout
            )
        } catch {
            throw .connection("\(error)")
        }
        return try await connect(
            login,
            over: transport,
            tls: tls,
            isDirectTLS: options.isDirectTLS,
            resuming: earlier,
            within: options.timeout
        )
    }

    /// Logs in over a transport that stands, such as one end of an in-memory pipe.
    ///
    /// - Throws: `timedOut` when the server takes longer than `limit`.
    public static func connect(
        _ login: ClientMachine.Login,
        over transport: Transport,
        tls: TLSContext? = nil,
        isDirectTLS: Bool = false,
        resuming earlier: ClientManagement? = nil,
        within limit: Duration = .seconds(60)
    ) async throws(ClientFault) -> Client {
        let client = Client(transport, login: login, tls: tls, resuming: earlier)
        _ = try await client.start(isDirectTLS: isDirectTLS, within: limit)
        return client
    }

    /// Logs in, sends one message, and leaves: the one line that most scripts need.
    ///
    /// Returns when the server has dealt with the message.
    public static func send(
        _ text: String,
        to: JID,
        from account: JID,
        password: String,
        options: Options = Options()
    ) async throws(ClientFault) {
        let shard = Shard(index: 0)
        shard.start()
        do {
            let name = account.localpart ?? ""
            let login = ClientMachine.Login(
                account,
                credentials: [.password(username: name, password: password)]
            )
            let client = try await connect(login, options: options, on: shard)
            await client.send(text, to: to)
            // Any answer will do: the server reads in order, so it has read the message by then.
            _ = try await client.request(
                .get,
                to: account.domain,
                Element("ping", in: Namespace.ping)
            )
            await client.close()
        } catch {
            await shard.stop()
            throw error
        }
        await shard.stop()
    }
}

extension Client.Options {
    /// Made before anything is connected: a file of authorities may be missing.
    func makeTLSContext() throws(ClientFault) -> TLSContext {
        var settings = TLSClientSettings()
        settings.verifiesPeer = verifiesCertificate
        if let authorities { settings.trust = .file(authorities) }
        do {
            return try TLSContext(client: settings)
        } catch {
            throw .connection("\(error)")
        }
    }
}
