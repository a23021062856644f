import CPlugin
import MartletCore
import MartletXML

/// One thing that a plugin registered.
struct Contribution: Sendable {
    let number: UInt64
    let what: What

    enum What: Sendable {
        case hooks([HookPlan])
        case feature(String, Targets)
        case identity(category: String, type: String, name: String?, Targets)
        case form(Element)
        case streamFeature(Element, beforeLogin: Bool)
        case service(label: String, category: String, type: String, name: String?)
        case command(String, title: String, forAdministrators: Bool, CallPlan)
        case verb(String, help: String, CallPlan)
        case http(String, CallPlan)
        case collection(String, isShared: Bool)

        var isCommand: Bool {
            if case .command = self { return true }
            return false
        }
    }

    /// Whom something belongs to, or is addressed to.
    struct Targets: OptionSet, Hashable, Sendable {
        let rawValue: UInt32
        static let domain = Targets(rawValue: UInt32(MARTLET_TO_DOMAIN))
        static let account = Targets(rawValue: UInt32(MARTLET_TO_ACCOUNT))
        static let service = Targets(rawValue: UInt32(MARTLET_TO_SERVICE))
    }
}

/// A handler as its plugin described it.
///
/// Unchecked: functions, and a pointer that only its plugin follows.
struct HookPlan: @unchecked Sendable {
    let phase: Int
    let match: Match
    let priority: Int
    let name: String?
    let isObserver: Bool
    let timeout: Duration
    let run: martlet_hook_fn
    let mend: martlet_hook_fn?
    let ud: UnsafeMutableRawPointer?
    /// It answers requests: what it gives becomes the one answer.
    let isRequest: Bool
}

/// A function to be called by people.
///
/// Unchecked as ``HookPlan``.
struct CallPlan: @unchecked Sendable {
    let call: martlet_call_fn
    let ud: UnsafeMutableRawPointer?
}

extension Contribution.What {
    /// All that the router learns of it, as a text; nil where functions are given, which nothing can compare.
    ///
    /// Two with the same text are the same to it.
    var trace: String? {
        switch self {
        case .hooks: nil
        case .feature(let name, let targets): "feature \(targets.rawValue) \(name)"
        case .identity(let category, let type, let name, let targets):
            "identity \(targets.rawValue) \(category)/\(type) \(name ?? "")"
        case .form(let element): "form \(element)"
        case .streamFeature(let element, let beforeLogin): "stream \(beforeLogin) \(element)"
        case .service(let label, let category, let type, let name):
            "service \(label) \(category)/\(type) \(name ?? "")"
        case .command, .verb, .http, .collection: ""
        }
    }
}
