import MartletPluginKit

/// What somebody filled in: the form, or where there is none the fields (XEP-0077 §4).
struct Submission {
    let username: String?
    let password: String?

    /// - Throws: `bad-request` for a form that makes no sense.
    init(_ query: Node?) throws(StanzaError) {
        guard let query else { throw .badRequest }
        if let form = try DataForm(in: query, of: Register.namespace) {
            username = form["username"]
            password = form["password"]
        } else {
            username = Self.field("username", query)
            password = Self.field("password", query)
        }
    }

    private static func field(_ name: String, _ query: Node) -> String? {
        guard let text = query.child(name, in: Register.namespace)?.text, !text.isEmpty else {
            return nil
        }
        return text
    }
}

extension XML {
    /// The form beside the fields (XEP-0077 §4).
    mutating func registrationForm(_ instructions: String) {
        append(
            .form(
                .form,
                of: Register.namespace,
                title: "Registration",
                instructions: instructions
            ) { form in
                let name = "Name of the account"
                form.field("username", .textSingle, label: name, isRequired: true)
                form.field("password", .textPrivate, label: "Password", isRequired: true)
            }
        )
    }
}

extension Site {
    /// The account of a name; nil for what is none.
    func account(named name: String) -> JID? {
        guard !name.contains("@"), !name.contains("/") else { return nil }
        return JID("\(name)@\(domain)")
    }
}
