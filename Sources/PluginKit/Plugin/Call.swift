import CPlugin

/// Somebody runs a verb or an ad-hoc command.
public struct Call: Sendable {
    public let name: String
    /// Of a command: its action (XEP-0050 §3.4), `complete` once its form is filled in.
    public let action: String
    /// Who runs it; nil for the machine's administrator.
    public let caller: JID?
    /// Arguments, whose names are empty, or form fields.
    public let fields: [(name: String, value: String)]
    public let site: Site
}

/// What a call came to.
public struct CallAnswer: Sendable {
    public var fields: [(name: String, value: String)]
    /// For people: a note, or what is printed.
    public var text: String

    public init(_ text: String = "", fields: [(name: String, value: String)] = []) {
        self.text = text
        self.fields = fields
    }
}

/// A function for calls as C knows it.
///
/// Unchecked: it has nothing that changes.
class AnyCallBox: @unchecked Sendable {
    func run(_ call: martlet_call) {}

    static let call: martlet_call_fn = { ud, call in
        guard let ud, let call else { return }
        Unmanaged<AnyCallBox>.fromOpaque(ud)._withUnsafeGuaranteedRef { $0.run(call.pointee) }
    }
}

/// The same for a plugin of a known type.
///
/// Unchecked: it has nothing that changes.
final class CallBox<P: Plugin>: AnyCallBox, @unchecked Sendable {
    typealias Body = @Sendable (P, Call) async throws -> CallAnswer
    private let body: Body

    init(_ body: @escaping Body) { self.body = body }

    override func run(_ raw: martlet_call) {
        let token = raw.token
        guard let plugin = Instance<P>.plugin(at: raw.instance) else {
            return Self.answer(token, Int32(MARTLET_ESTOPPED), CallAnswer())
        }
        let fields = UnsafeBufferPointer(start: raw.fields, count: raw.field_count)
            .map { (name: $0.name.string, value: $0.value.string) }
        let call = Call(
            name: raw.name.string,
            action: raw.verb.string,
            caller: JID(prepared: raw.caller),
            fields: fields,
            site: Site(raw.site)
        )
        let body = body
        Task {
            do {
                Self.answer(token, Int32(MARTLET_OK), try await body(plugin, call))
            } catch {
                Self.answer(token, Int32(MARTLET_EINVAL), CallAnswer("\(error)"))
            }
        }
    }

    private static func answer(_ token: martlet_token, _ status: Int32, _ answer: CallAnswer) {
        let texts = answer.fields.flatMap { [$0.name, $0.value] } + [answer.text]
        texts.lendAll { texts in
            let pairs = stride(from: 0, to: texts.count - 1, by: 2)
                .map { martlet_pair(name: texts[$0], value: texts[$0 + 1]) }
            let body = texts[texts.count - 1]
            pairs.withUnsafeBufferPointer {
                _ = Core.functions.pointee.answer?(token, status, $0.baseAddress, $0.count, body)
            }
        }
    }
}
