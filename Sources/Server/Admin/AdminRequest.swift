public import MartletCore

/// What an administrator asks of a server: one line of JSON on its local socket, answered by one.
struct AdminRequest: Codable, Sendable {
    enum Verb: String, Codable, Sendable {
        case addUser = "user-add"
        case setPassword = "user-password"
        case removeUser = "user-remove"
        case listUsers = "user-list"
        case reload
        case status
        case listPlugins = "plugins"
        case listPhases = "phases"
        case runPlugin = "plugin-run"
    }

    var verb: Verb
    var account: String?
    var password: String?
    var domain: String?
    /// List what comes after this localpart.
    var after: String?
    /// Of a plugin: its name, and what to run with which arguments.
    var plugin: String?
    var name: String?
    var arguments: [String]?
}

struct AdminReply: Codable, Sendable {
    var error: String?
    var lines: [String] = []
}

/// A change that an administrator makes.
public enum AdminChange: Sendable {
    case addUser(JID, password: String)
    case setPassword(JID, password: String)
    case removeUser(JID)

    var request: AdminRequest {
        switch self {
        case .addUser(let account, let password):
            AdminRequest(verb: .addUser, account: account.description, password: password)
        case .setPassword(let account, let password):
            AdminRequest(verb: .setPassword, account: account.description, password: password)
        case .removeUser(let account):
            AdminRequest(verb: .removeUser, account: account.description)
        }
    }
}

/// Why an administrator's wish was not fulfilled, in a sentence.
public struct AdminFault: Error, CustomStringConvertible, Sendable {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
