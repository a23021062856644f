/// Forms to be filled in, and forms that tell something (XEP-0004).
extension XML {
    public enum FormKind: String, Sendable { case form, result, submit }

    /// How a field is shown, and what it holds (XEP-0004 §3.3).
    public enum FieldKind: String, Sendable {
        case boolean, fixed, hidden
        case jidMulti = "jid-multi"
        case jidSingle = "jid-single"
        case listMulti = "list-multi"
        case listSingle = "list-single"
        case textMulti = "text-multi"
        case textPrivate = "text-private"
        case textSingle = "text-single"
    }

    /// A form of a type, which its first field tells (XEP-0068); `content` appends the others.
    public static func form(
        _ kind: FormKind,
        of type: String,
        title: String? = nil,
        instructions: String? = nil,
        _ content: (inout XML) -> Void = { _ in }
    ) -> XML {
        XML("x", in: DataForm.namespace, ["type": kind.rawValue]) { form in
            if let title { form.element("title") { $0.text(title) } }
            if let instructions { form.element("instructions") { $0.text(instructions) } }
            form.field("FORM_TYPE", .hidden, values: [type])
            content(&form)
        }
    }

    /// Appends a field; `content` appends what else is in it.
    public mutating func field(
        _ name: String,
        _ kind: FieldKind,
        label: String? = nil,
        isRequired: Bool = false,
        values: [String] = [],
        _ content: (inout XML) -> Void = { _ in }
    ) {
        element("field", ["var": name, "type": kind.rawValue, "label": label]) { field in
            content(&field)
            if isRequired { field.element("required") }
            for value in values { field.element("value") { $0.text(value) } }
        }
    }
}
