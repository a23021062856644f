import CPlugin
import MartletCore
import MartletRouter
import MartletXML

extension CoreTable {
    static func fillRegistering(_ core: inout martlet_core) {
        core.hook = { handle, hook in
            guard let site = CoreTable.running(handle), let hook else { return 0 }
            return site.register { () throws(Refusal) in .hooks([try HookPlan(hook)]) }
        }
        core.iq = { handle, iq in
            guard let site = CoreTable.running(handle), let iq else { return 0 }
            guard let iq = martlet_iq(reading: iq) else {
                site.host.complain(site, "the handler is cut short")
                return 0
            }
            return CoreTable.register(iq, at: site)
        }
        core.item = { handle, item in
            guard let site = CoreTable.running(handle), let item else { return 0 }
            return site.register { () throws(Refusal) in try Contribution.What(item) }
        }
        core.remove = { handle, number in
            guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
            guard site.remove(number) else { return Int32(MARTLET_ENOENT) }
            site.tellOfChange()
            return CoreTable.ok
        }
        core.provide = { handle, name, table in
            guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
            guard let table, !name.isEmpty else { return CoreTable.invalid }
            guard site.host.interfaces.provide(name.string, table, by: site) else {
                return Int32(MARTLET_ECONFLICT)
            }
            return CoreTable.ok
        }
        core.query = { handle, name in
            guard let site = CoreTable.running(handle) else { return nil }
            switch name.string {
            case "martlet.store/1": return UnsafeRawPointer(StoreInterface.pointer)
            case "martlet.accounts/1": return UnsafeRawPointer(AccountsInterface.pointer)
            case let other: return site.host.interfaces.table(other, in: site.domain)?.0
            }
        }
    }

    /// One handler for each of the places that requests may be addressed to; they go together.
    private static func register(_ iq: martlet_iq, at site: PluginSite) -> UInt64 {
        let targets = Contribution.Targets(rawValue: iq.targets)
        let phases = [
            (Contribution.Targets.domain, MARTLET_PHASE_DOMAIN),
            (.account, MARTLET_PHASE_ACCOUNT), (.service, MARTLET_PHASE_SERVICE),
        ].filter { targets.contains($0.0) }.map(\.1)
        guard !phases.isEmpty else {
            site.host.complain(site, "it answers requests to nobody: targets is 0")
            return 0
        }
        return site.register { () throws(Refusal) in
            .hooks(try phases.map { (phase) throws(Refusal) in try HookPlan(iq, at: phase) })
        }
    }
}

/// Why something cannot be registered.
struct Refusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension PluginSite {
    /// Adds what a plugin registers, or says in the log why not.
    func register(_ make: () throws(Refusal) -> Contribution.What) -> UInt64 {
        do {
            let number = add(host.shared(try make()))
            tellOfChange()
            return number
        } catch {
            host.complain(self, "it cannot register that: \(error)")
            return 0
        }
    }

    /// What is registered after the start takes effect when the domain is compiled anew.
    func tellOfChange() {
        guard instance != nil else { return }
        host.services.changed(domain)
    }
}

extension HookPlan {
    static let usualTimeout = Duration.seconds(30)

    init(_ pointer: UnsafePointer<martlet_hook>) throws(Refusal) {
        guard let hook = martlet_hook(reading: pointer) else {
            throw Refusal("the hook is cut short")
        }
        guard Phase.known.contains(Int(hook.phase)) else {
            throw Refusal("there is no phase \(hook.phase)")
        }
        guard let run = hook.run else { throw Refusal("the hook has no function") }
        let text = hook.match.text ?? "*"
        guard let match = try? Match(text) else { throw Refusal("no match reads \"\(text)\"") }
        self.init(
            phase: Int(hook.phase),
            match: match,
            priority: Int(hook.priority),
            name: hook.name.text,
            isObserver: hook.flags & UInt32(MARTLET_HOOK_OBSERVE) != 0,
            timeout: Self.timeout(hook.timeout_ms),
            run: run,
            mend: hook.mend,
            ud: hook.ud,
            isRequest: false
        )
    }

    init(_ iq: martlet_iq, at phase: Int) throws(Refusal) {
        guard let run = iq.run else { throw Refusal("the handler has no function") }
        let type = Int(iq.type) == MARTLET_TYPE_GET ? "get" : "set"
        let text = "iq[@type='\(type)']/{\(iq.ns.string)}\(iq.name.string)"
        guard !iq.name.isEmpty, let match = try? Match(text) else {
            throw Refusal("no match reads \"\(text)\"")
        }
        self.init(
            phase: phase,
            match: match,
            priority: Int(iq.priority),
            name: nil,
            isObserver: false,
            timeout: Self.timeout(iq.timeout_ms),
            run: run,
            mend: nil,
            ud: iq.ud,
            isRequest: true
        )
    }

    private static func timeout(_ milliseconds: UInt32) -> Duration {
        milliseconds == 0 ? usualTimeout : .milliseconds(Int(milliseconds))
    }
}

extension Contribution.What {
    init(_ pointer: UnsafePointer<martlet_item>) throws(Refusal) {
        guard let item = martlet_item(reading: pointer) else {
            throw Refusal("the item is cut short")
        }
        let (name, value) = (item.name.string, item.value.string)
        let targets = Contribution.Targets(rawValue: item.flags == 0 ? 1 : item.flags)
        switch Int(item.kind) {
        case MARTLET_ITEM_FEATURE: self = .feature(name, targets)
        case MARTLET_ITEM_IDENTITY:
            let (category, type) = try Self.pair(name)
            self = .identity(category: category, type: type, name: item.value.text, targets)
        case MARTLET_ITEM_FORM: self = .form(try Self.element(item.value))
        case MARTLET_ITEM_STREAM:
            func isSet(_ flag: Int) -> Bool { item.flags & UInt32(flag) != 0 }
            self = .streamFeature(
                try Self.element(item.value),
                beforeLogin: isSet(MARTLET_BEFORE_LOGIN)
            )
        case MARTLET_ITEM_SERVICE:
            let parts = value.split(separator: "|", maxSplits: 1).map(String.init)
            let (category, type) = try Self.pair(parts.first ?? "")
            guard (try? JID("\(name).example"))?.isDomain == true else {
                throw Refusal("\"\(name)\" is no label of a domain")
            }
            self = .service(
                label: name,
                category: category,
                type: type,
                name: parts.count > 1 ? parts[1] : nil
            )
        case MARTLET_ITEM_COMMAND:
            guard !name.isEmpty else { throw Refusal("a command has a name") }
            self = .command(
                name,
                title: value,
                forAdministrators: item.flags & UInt32(MARTLET_FOR_ADMINISTRATORS) != 0,
                try CallPlan(item)
            )
        case MARTLET_ITEM_VERB: self = .verb(name, help: value, try CallPlan(item))
        case MARTLET_ITEM_HTTP: self = .http(name, try CallPlan(item))
        case MARTLET_ITEM_COLLECTION:
            guard !name.isEmpty else { throw Refusal("a collection has a name") }
            self = .collection(name, isShared: item.flags & UInt32(MARTLET_SHARED) != 0)
        default: throw Refusal("there is no kind of item \(item.kind)")
        }
    }

    private static func pair(_ text: String) throws(Refusal) -> (String, String) {
        let parts = text.split(separator: "/").map(String.init)
        guard parts.count == 2 else { throw Refusal("\"\(text)\" is no category/type") }
        return (parts[0], parts[1])
    }

    private static func element(_ text: martlet_str) throws(Refusal) -> Element {
        guard let element = ForeignXML.element(text.bytes) else {
            throw Refusal("\"\(text.string)\" is no well-formed element")
        }
        return element
    }
}

extension CallPlan {
    fileprivate init(_ item: martlet_item) throws(Refusal) {
        guard let call = item.call else { throw Refusal("the item has no function") }
        self.init(call: call, ud: item.ud)
    }
}
