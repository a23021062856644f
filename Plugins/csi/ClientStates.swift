public import CPlugin
import MartletPluginKit
import Synchronization

/// XEP-0352: Client State Indication 1.0.
///
/// Met: §4.1, §4.2, §5 with §5.1 and §5.2, §6; of §3.2, presence (the latest of each address) and
/// notifications of nodes (XEP-0060) wait until there is something else for the client, or it is active
/// again; chat states alone (XEP-0085) are dropped.
final class ClientStates: Plugin {
    static let about = PluginDescription(
        "csi",
        version: "1.0",
        "Keeps from inactive clients what can wait (XEP-0352).",
        settingsSchema: ClientStateSettings.schema
    )

    private static let namespace = "urn:xmpp:csi:0"
    /// Last: what it holds is what would have been written.
    private static let priority = -1_000

    private let site: Site
    private let settings: Mutex<ClientStateSettings>
    /// Sessions that are inactive, and whose they are.
    private let inactive = Mutex<[SessionID: JID]>([:])
    /// How many, for the many stanzas that are sent while none is.
    private let inactiveCount = Atomic(0)

    static func register(in registration: borrowing Registration<ClientStates>) {
        registration.streamFeature(XML("csi", in: namespace), .beforeBind)
        registration.on(.nonza, "{\(namespace)}inactive") { plugin, event in
            plugin.rest(event)
            return .continue
        }
        registration.on(.nonza, "{\(namespace)}active") { plugin, event in
            plugin.wake(event)
            return .continue
        }
        // A resumed stream begins active like any other (XEP-0352 §5.2).
        registration.observe(.sessionResumed) { plugin, event in plugin.wake(event) }
        registration.observe(.sessionDown) { plugin, event in
            if let session = event.session { plugin.forget(session) }
        }
        registration.on(.client, priority: priority) { plugin, event in plugin.pass(event) }
    }

    init(_ site: Site, _ settings: ClientStateSettings) {
        self.site = site
        self.settings = Mutex(settings)
    }

    func reconfigure(_ settings: ClientStateSettings) -> Bool {
        self.settings.withLock { $0 = settings }
        return true
    }

    /// Nobody misses what was held.
    func stop() async {
        for (session, account) in inactive.withLock({ $0 }) {
            _ = await site.visit(account) { Self.giveOut(to: session, at: $0) }
        }
    }
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(ClientStates.self) }

// MARK: What clients say

extension ClientStates {
    private func rest(_ event: borrowing Event) {
        guard let place = event.place, let session = event.session, let account = place.account,
            place.state(HeldStanzas.self, of: session) == nil
        else { return }
        place.setState(HeldStanzas(), of: session)
        inactive.withLock {
            $0[session] = account
            inactiveCount.store($0.count, ordering: .relaxed)
        }
    }

    /// Gives out what was held before anything else that its client said is looked at (XEP-0352 §5.1).
    private func wake(_ event: borrowing Event) {
        guard let place = event.place, let session = event.session else { return }
        forget(session)
        Self.giveOut(to: session, at: place)
    }

    private func forget(_ session: SessionID) {
        inactive.withLock {
            $0[session] = nil
            inactiveCount.store($0.count, ordering: .relaxed)
        }
    }

    private static func giveOut(to session: SessionID, at place: borrowing Place) {
        guard let held = place.state(HeldStanzas.self, of: session) else { return }
        place.setState(nil as HeldStanzas?, of: session)
        for stanza in held.take() { place.send(stanza, to: session) }
    }
}

// MARK: What clients are sent

extension ClientStates {
    /// Holds or drops what can wait; what cannot comes behind what was held.
    private func pass(_ event: borrowing Event) -> Verdict {
        guard inactiveCount.load(ordering: .relaxed) > 0, let session = event.session,
            let place = event.place, let held = place.state(HeldStanzas.self, of: session),
            !held.isBeingGiven
        else { return .continue }
        let stanza = event.stanza
        let settings = settings.withLock { $0 }
        switch Urgency(of: stanza, settings) {
        case .none: return .handled
        case .later(let key):
            if held.add(stanza, as: key, within: settings) { return .handled }
        case .now: break
        }
        held.give { place.send($0, to: session) }
        return .continue
    }
}
