public import CPlugin
import MartletPluginKit

/// XEP-0012: Last Activity 2.0.
///
/// Met: §3 (the time since the last logout, with the status said then; 0 while somebody is connected),
/// §4 (requests reach a resource, which answers for itself, from those alone who see the user's
/// presence), §5 (uptime), §6, §8.
///
/// An account that nobody ever logged out of has no last activity: `item-not-found`. A logout is written
/// within five seconds, or when the plugin stops: a crash may lose those.
final class LastActivity: Plugin {
    static let about = PluginDescription(
        "last",
        version: "1.0",
        "Tells since when a user is away, and how long the server runs (XEP-0012)."
    )

    static let namespace = "jabber:iq:last"

    private let site: Site
    private let logouts: Logouts

    static func register(in registration: borrowing Registration<LastActivity>) {
        registration.feature(namespace, of: [.domain, .account])
        registration.collection(Logouts.collection)
        registration.onIQ(.get, "query", in: namespace, to: .domain) { plugin, _ in
            plugin.uptime
        }
        registration.onIQ(.get, "query", in: namespace, to: .account) {
            (plugin, arrival: Arrival) async throws(StanzaError) in
            try await plugin.lastActivity(arrival)
        }
        // Before the core's own guard, which has another answer for those who may not ask.
        registration.on(.delivery, "iq[@type='get']/{\(namespace)}query", priority: 100) {
            (plugin, arrival: Arrival) async throws(StanzaError) in
            if arrival.stanza.to?.isBare == false { try await plugin.allowAsking(arrival) }
            return .continue
        }
        registration.observe(.presence) { _, event in Logouts.noteStatus(event) }
        registration.observe(.sessionDown) { plugin, event in plugin.logouts.note(event) }
    }

    init(_ site: Site, _ settings: NoSettings) {
        self.site = site
        logouts = Logouts(at: site)
    }

    func stop() async { await logouts.stop() }

    /// How long the server has been running (XEP-0012 §5).
    private var uptime: XML {
        let now = site.now
        return Self.answer(from: site.server?.started ?? now, to: now)
    }

    private func lastActivity(_ arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try await allowAsking(arrival)
        let isThere = await site.visit(account) { !$0.sessions.isEmpty }
        if isThere == true { return Self.answer() }
        guard let logout = try await logouts.last(of: account) else { throw .itemNotFound }
        return Self.answer(from: logout.time, to: site.now, status: logout.status)
    }

    /// Whose activity is asked for.
    ///
    /// - Throws: `forbidden` to those who do not see the account's presence (XEP-0012 §8).
    @discardableResult
    private func allowAsking(_ arrival: Arrival) async throws(StanzaError) -> JID {
        guard let from = arrival.stanza.from else { throw .forbidden }
        let account = (arrival.stanza.to ?? from).bare
        if from.isSameAccount(as: account) { return account }
        let contact = from.bare
        do throws(Accounts.Fault) {
            let roster = try await site.accounts.roster(of: account)
            if roster.contains(where: { $0.jid == contact && $0.hasFrom }) { return account }
        } catch .notFound {
            throw .forbidden
        } catch {
            throw .internalServerError
        }
        throw .forbidden
    }

    private static func answer(
        from start: Timestamp = Timestamp(microseconds: 0),
        to end: Timestamp = Timestamp(microseconds: 0),
        status: String? = nil
    ) -> XML {
        // The clock may have been set back in between.
        let seconds = max(0, (end.microseconds - start.microseconds) / 1_000_000)
        return XML("query", in: namespace, ["seconds": "\(seconds)"]) { $0.text(status ?? "") }
    }
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(LastActivity.self) }
