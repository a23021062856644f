import MartletCore
import MartletPluginHost
import MartletRouter
import MartletXML

/// Commands being run: one stage with a form for what is wanted of them, and then what came of it.
extension AdHocCommands {
    /// Answers a `<command/>` (XEP-0050 §2.4).
    ///
    /// Without a session, `execute` alone asks for the form; with one to submit, and with `complete`, the
    /// command is run at once.
    func run(
        _ request: Stanza,
        _ domain: Domain,
        on shard: isolated RouterShard
    ) async throws(StanzaError) -> Element? {
        guard let caller = request.from, let element = request.payload else { throw .badRequest }
        let wanted = try CommandRequest(element)
        guard let command = try command(wanted.node, for: caller, in: domain) else {
            throw .itemNotFound
        }
        let place = CommandSessions.Place(domain: domain.name, caller: caller, node: wanted.node)
        guard let session = wanted.session else {
            if wanted.action == .execute, wanted.fields == nil {
                return form(command, sessions.open(at: place, within: domain.limits))
            }
            guard [.execute, .complete].contains(wanted.action) else { throw .command(.badAction) }
            return await run(command, wanted, sessions.makeID(at: place), caller, domain)
        }
        try sessions.find(session, at: place)
        switch wanted.action {
        // There is one stage: nothing lies before it, nor behind.
        case .prev, .next: throw .command(.badAction)
        case .cancel:
            try sessions.end(session, at: place)
            return Self.element(command, session, "canceled")
        case .execute, .complete:
            try sessions.end(session, at: place)
            return await run(command, wanted, session, caller, domain)
        }
    }

    private func run(
        _ command: PluginHost.Runnable,
        _ wanted: CommandRequest,
        _ session: String,
        _ caller: JID,
        _ domain: Domain
    ) async -> Element {
        let answer = await plugins.runCommand(
            command.name,
            in: domain.name,
            action: CommandRequest.Action.complete.rawValue,
            by: caller,
            fields: wanted.fields ?? []
        )
        return Self.element(command, session, "completed") { said in
            guard let answer else { return said.note("it was switched off", isError: true) }
            if let failure = answer.failure { return said.note(failure, isError: true) }
            if !answer.fields.isEmpty {
                said.append(DataForms.result(command.title, answer.fields))
            }
            if !answer.body.isEmpty { said.note(answer.body, isError: false) }
        }
    }

    private func form(_ command: PluginHost.Runnable, _ session: String) -> Element {
        Self.element(command, session, "executing") { said in
            said.element("actions", ["execute": "complete"]) { $0.element("complete") }
            said.append(DataForms.ofArguments(command.title))
        }
    }

    private static func element(
        _ command: PluginHost.Runnable,
        _ session: String,
        _ status: String,
        _ content: (inout ElementWriter) -> Void = { _ in }
    ) -> Element {
        Element(
            "command",
            in: namespace,
            ["node": command.name, "sessionid": session, "status": status],
            content
        )
    }
}

extension ElementWriter {
    /// A sentence for people; one of type `error` says that the command failed (XEP-0050 §3.6).
    fileprivate mutating func note(_ text: String, isError: Bool) {
        element("note", ["type": isError ? "error" : "info"]) { $0.text(text) }
    }
}

/// The forms of commands (XEP-0004).
enum DataForms {
    static let namespace = "jabber:x:data"
    /// Of the field for what a command is given: a line each, as words on the command line.
    static let arguments = "arguments"

    static func ofArguments(_ title: String) -> Element {
        Element("x", in: namespace, ["type": "form"]) { form in
            form.element("title") { $0.text(title) }
            form.element("instructions") {
                $0.text("Write each argument on a line, if it takes any.")
            }
            form.element("field", ["var": arguments, "type": "text-multi", "label": "Arguments"])
        }
    }

    /// What came of a command: fields of one name are one, with several values.
    static func result(_ title: String, _ fields: [(name: String, value: String)]) -> Element {
        var names: [String] = []
        for field in fields where !names.contains(field.name) { names.append(field.name) }
        return Element("x", in: namespace, ["type": "result"]) { form in
            form.element("title") { $0.text(title) }
            for name in names {
                let values = fields.filter { $0.name == name }.flatMap { lines(of: $0.value) }
                let type = values.count > 1 ? "text-multi" : "text-single"
                form.element("field", ["var": name, "type": type, "label": name]) { field in
                    for value in values { field.element("value") { $0.text(value) } }
                }
            }
        }
    }

    /// A value has no line breaks in it (XEP-0004 §3.3).
    static func lines(of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}
