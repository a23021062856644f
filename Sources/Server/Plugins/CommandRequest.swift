import MartletCore
import MartletXML

/// A `<command/>` as its requester sent it (XEP-0050 §4.1).
struct CommandRequest {
    enum Action: String { case execute, cancel, prev, next, complete }

    let node: String
    let session: String?
    let action: Action
    /// What was filled in, a pair for each value, lines of arguments without a name; nil without a form.
    let fields: [(String, String)]?

    /// - Throws: `bad-request`, with the condition of XEP-0050 §4.4 that it earned.
    init(_ command: Element) throws(StanzaError) {
        guard let node = command["node"] else { throw .badRequest }
        self.node = node
        session = command["sessionid"]
        guard let action = Action(rawValue: command["action"] ?? "execute") else {
            throw .command(.malformedAction)
        }
        self.action = action
        fields = try Self.fields(of: command)
    }

    /// One form to submit, or one to cancel, which is the same (XEP-0050 §3.5.1), is all there may be.
    private static func fields(of command: Element) throws(StanzaError) -> [(String, String)]? {
        let payload = command.children.filter { !$0.isIn(AdHocCommands.namespace) }
        guard let form = payload.first else { return nil }
        guard payload.count == 1, form.isNamed("x", in: DataForms.namespace),
            form["type"] == "submit" || form["type"] == "cancel"
        else { throw .command(.badPayload) }
        var fields: [(String, String)] = []
        for field in form.children("field", in: DataForms.namespace) {
            guard let name = field["var"] else { throw .command(.badPayload) }
            let values = field.children("value", in: DataForms.namespace).map(\.text)
            switch name {
            case "FORM_TYPE": break
            case DataForms.arguments:
                let lines = values.flatMap(DataForms.lines).filter { !$0.isEmpty }
                fields += lines.map { ("", $0) }
            default: fields += values.map { (name, $0) }
            }
        }
        return fields
    }
}

/// What may be wrong with a command, beside what XMPP says of all requests (XEP-0050 §4.4).
enum CommandFault: String {
    case badAction = "bad-action"
    case badPayload = "bad-payload"
    case badSessionID = "bad-sessionid"
    case malformedAction = "malformed-action"
    case sessionExpired = "session-expired"
}

extension StanzaError {
    static func command(_ fault: CommandFault) -> StanzaError {
        var error = fault == .sessionExpired ? StanzaError.notAllowed : .badRequest
        error.application = Element(fault.rawValue, in: AdHocCommands.namespace)
        return error
    }
}
