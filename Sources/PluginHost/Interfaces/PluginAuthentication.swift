import CPlugin
public import MartletCore

/// `martlet.auth/1`: a plugin that knows who may log in, in place of the server's own accounts.
extension PluginHost {
    static let authentication = "martlet.auth/1"

    /// What a plugin knows of an account.
    public enum Credentials: Sendable {
        /// SCRAM verifiers by their mechanisms, as RFC 5803 writes them.
        case verifiers([String: String])
        case password(String)
        /// There is no such account.
        case none
        /// The plugin could not say.
        case failed
    }

    /// Whether the plugin that was to say who may log in to a domain is not at work there.
    ///
    /// The server's own accounts do not count then: those whom the plugin let in no more could come back.
    func isClosed(_ domain: String) -> Bool {
        (services.router.domains[domain]?.attachment as? DomainPlugins)?.isClosed == true
    }

    /// Whether the domain's plugin says who may log in there: one that is at work, or is not and should be.
    public func knowsAccounts(of domain: String) -> Bool {
        interfaces.table(Self.authentication, in: domain) != nil || isClosed(domain)
    }

    /// Asks the domain's plugin; nil where none is, and the server's own accounts count.
    public func credentials(of account: JID) async -> Credentials? {
        let domain = account.domainpart
        guard let (table, site) = interfaces.table(Self.authentication, in: domain) else {
            return isClosed(domain) ? .failed : nil
        }
        guard let auth = martlet_auth(reading: table), let lookup = auth.lookup else {
            return .failed
        }
        let token = TokenSlab.shared.open(for: site)
        let status = account.bare.description.lend { text in
            lookup(
                auth.ctx,
                site.handle,
                text,
                { ud, status, fields, count, body in
                    _ = CoreTable.pointer.pointee.answer(
                        UInt64(UInt(bitPattern: ud)),
                        status,
                        fields,
                        count,
                        body
                    )
                },
                UnsafeMutableRawPointer(bitPattern: UInt(token))
            )
        }
        guard status == CoreTable.ok else {
            TokenSlab.shared.discard(token)
            return status == Int32(MARTLET_ENOENT) ? Credentials.none : .failed
        }
        return read(await waitForAnswer(token), site)
    }

    private func read(_ outcome: TokenSlab.Outcome, _ site: PluginSite) -> Credentials {
        guard case .answer(let status, let fields, _) = outcome else {
            complain(site, "it did not say whether somebody may log in")
            return .failed
        }
        guard status == CoreTable.ok else {
            return status == Int32(MARTLET_ENOENT) ? .none : .failed
        }
        if let password = fields.first(where: { $0.0 == "password" })?.1 {
            return .password(password)
        }
        return .verifiers(Dictionary(fields, uniquingKeysWith: { $1 }))
    }
}
