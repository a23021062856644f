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
        element("x", in: DataForm.namespace, ["type": "form"]) { form in
            form.element("title") { $0.text("Registration") }
            form.element("instructions") { $0.text(instructions) }
            form.formType(Register.namespace)
            form.requiredField("username", "text-single", "Name of the account")
            form.requiredField("password", "text-private", "Password")
        }
    }

    private mutating func requiredField(_ name: String, _ type: String, _ label: String) {
        element("field", ["var": name, "type": type, "label": label]) { $0.element("required") }
    }
}

extension Site {
    /// The account of a name; nil for what is none.
    func account(named name: String) -> JID? {
        guard !name.contains("@"), !name.contains("/") else { return nil }
        return JID("\(name)@\(domain)")
    }
}
