import MartletPluginKit

/// Before the login (XEP-0077 §3.1.1).
extension Register {
    private static let instructions = "Choose a name and a password for your account."

    func askedByStranger(_ stream: StreamInfo?) throws(StanzaError) -> XML {
        if let account = stream?.account { return described(account) }
        if !settings.redirect.isEmpty { return redirection }
        try admit(stream)
        return XML("query", in: Self.namespace) { query in
            query.element("instructions") { $0.text(Self.instructions) }
            query.element("username")
            query.element("password")
            query.registrationForm(Self.instructions)
        }
    }

    /// XEP-0077 §5.
    private var redirection: XML {
        XML("query", in: Self.namespace) { query in
            query.element("instructions") { $0.text("To register, visit \(settings.redirect)") }
            query.element("x", in: "jabber:x:oob") { oob in
                oob.element("url") { $0.text(settings.redirect) }
            }
        }
    }

    static func strangerRegisters(
        _ plugin: Register,
        _ arrival: Arrival
    ) async throws(StanzaError) -> Verdict {
        let query = arrival.stanza.payload
        guard query?.child("remove", in: namespace) == nil else { throw .unexpectedRequest }
        guard plugin.settings.redirect.isEmpty else { throw .notAllowed }
        try plugin.admit(arrival.stream)
        // A second identity.
        guard arrival.stream?.account == nil else { throw .notAcceptable }
        let submission = try Submission(query)
        guard let name = submission.username, let password = submission.password else {
            throw .notAcceptable
        }
        guard let account = plugin.site.account(named: name) else {
            throw StanzaError(.notAcceptable, .modify, "nobody can have this name")
        }
        try plugin.judge(password)
        try await plugin.create(account, password, for: arrival.stream?.peer ?? "")
        return .reply(nil)
    }

    /// A password in the clear is taken nowhere, unless the settings say so.
    private func admit(_ stream: StreamInfo?) throws(StanzaError) {
        guard stream?.isEncrypted == true || !settings.requiresTLS else {
            throw StanzaError(.notAuthorized, .modify, "only under TLS")
        }
    }

    private func create(
        _ account: JID,
        _ password: String,
        for peer: String
    ) async throws(StanzaError) {
        guard limit.admits(peer, at: site.now) else {
            site.log(.warning, "too many registrations from \(peer)")
            throw StanzaError(.notAcceptable, .wait, "too many registrations; try later")
        }
        do throws(Accounts.Fault) {
            try await site.accounts.create(account, password: password)
        } catch {
            throw error.stanzaError
        }
        site.log(.info, "\(account) was registered from \(peer)")
    }

    func judge(_ password: String) throws(StanzaError) {
        guard password.count >= settings.minimumPasswordLength else {
            let least = "a password has at least \(settings.minimumPasswordLength) characters"
            throw StanzaError(.notAcceptable, .modify, least)
        }
    }
}

extension Accounts.Fault {
    /// What a client is told of it.
    var stanzaError: StanzaError {
        switch self {
        case .exists: .conflict
        case .badPassword: StanzaError(.notAcceptable, .modify, "this password cannot be used")
        case .notFound: .registrationRequired
        case .forbidden: .forbidden
        case .tooMany: StanzaError(.resourceConstraint, .wait)
        case .failed: .internalServerError
        }
    }
}
