import CPlugin
import MartletCore
import MartletRouter
import MartletXML

/// What a plugin registered, as a module of the router: the same for every domain that has it, or (of
/// a site) for one.
struct PluginModule: Module {
    let image: PluginImage
    let slot: Int
    let contributions: [Contribution]
    unowned let host: PluginHost

    var name: String { image.name }

    func register(in registration: inout Registration) throws {
        for contribution in contributions {
            switch contribution.what {
            case .hooks(let plans): for plan in plans { add(plan, to: &registration) }
            case .feature(let name, let targets):
                if targets.contains(.domain) { registration.feature(name) }
                if targets.contains(.account) { registration.feature(name, of: .account) }
            case .identity(let category, let type, let name, let targets):
                if targets.contains(.domain) {
                    registration.identity(category, type, name: name)
                }
                if targets.contains(.account) {
                    registration.identity(category, type, name: name, of: .account)
                }
            case .form(let element): registration.form(element)
            case .streamFeature(let element, let beforeLogin):
                registration.streamFeature(
                    element,
                    when: beforeLogin ? .beforeLogin : .beforeBind
                )
            case .service(let label, let category, let type, let name):
                registration.service(label, category: category, type: type, name: name)
            case .command, .verb, .http, .collection: break
            }
        }
    }

    private func add(_ plan: HookPlan, to registration: inout Registration) {
        let call = HookCall(plan, slot: slot, of: image, in: host)
        guard let phase = Phase(abi: plan.phase) else {
            return addEvent(call, to: &registration)
        }
        if plan.isObserver {
            registration.observe(phase, plan.match, priority: plan.priority, name: plan.name) {
                call.look($0, $1, $2)
            }
            return
        }
        let mend: ErrorHandler = { (shard, stanza, error, context) throws(StanzaError) in
            try call.mend(shard, stanza, error, context)
        }
        registration.on(
            phase,
            plan.match,
            priority: plan.priority,
            name: plan.name,
            mend: plan.mend == nil ? nil : mend,
            standing: call
        )
    }

    private func addEvent(_ call: HookCall, to registration: inout Registration) {
        switch call.plan.phase {
        case MARTLET_PHASE_SESSION_UP:
            registration.onSession { shard, session, event in
                if event == .bound { call.tell(shard, of: session) }
            }
        case MARTLET_PHASE_SESSION_DOWN:
            registration.onSession { shard, session, event in
                if event == .ended { call.tell(shard, of: session) }
            }
        case MARTLET_PHASE_SESSION_RESUMED:
            registration.onSession { shard, session, event in
                if event == .resumed { call.tell(shard, of: session) }
            }
        case MARTLET_PHASE_PRESENCE:
            registration.onPresence { call.tell($0, of: $1, said: $2) }
        case MARTLET_PHASE_ROSTER_CHANGED:
            registration.onRosterChange { call.tell($0, about: $1, $2) }
        case MARTLET_PHASE_USER_CREATED:
            registration.onAccount { shard, account, event in
                if event == .created { call.tell(shard, about: account, nil) }
            }
        case MARTLET_PHASE_USER_REMOVED:
            registration.onAccount { shard, account, event in
                if event == .removed { call.tell(shard, about: account, nil) }
            }
        case MARTLET_PHASE_NONZA:
            for step in call.plan.match.alternatives.map({ $0.steps[0] }) {
                guard let name = step.name else { continue }
                registration.onNonza(name, in: step.namespace ?? XML.contentNamespace) {
                    call.tell($0, of: $2, nonza: $1)
                }
            }
        case MARTLET_PHASE_STREAM:
            registration.onStream(call.plan.match) { await call.consult($0, $1, $2) }
        default: break
        }
    }
}

extension Phase {
    /// The phase of the router that a number stands for; nil for what only happens.
    init?(abi number: Int) {
        switch number {
        case MARTLET_PHASE_RECEIVED: self = .received
        case MARTLET_PHASE_DOMAIN: self = .domain
        case MARTLET_PHASE_ACCOUNT: self = .account
        case MARTLET_PHASE_DELIVERY: self = .delivery
        case MARTLET_PHASE_OFFLINE: self = .offline
        case MARTLET_PHASE_CLIENT: self = .client
        case MARTLET_PHASE_SERVICE: self = .service
        case MARTLET_PHASE_BROADCAST: self = .broadcast
        case MARTLET_PHASE_ELSEWHERE: self = .elsewhere
        default: return nil
        }
    }

    /// Every number that `hook` takes.
    static let known: Set<Int> = Set(
        Array(MARTLET_PHASE_RECEIVED...MARTLET_PHASE_ELSEWHERE)
            + Array(MARTLET_PHASE_SESSION_UP...MARTLET_PHASE_SESSION_RESUMED)
    )
}
