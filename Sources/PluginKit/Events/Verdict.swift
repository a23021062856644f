import CPlugin

/// What a handler decides.
///
/// Indirect, so that it is one word, which is nothing where the handler only lets a stanza pass.
public indirect enum Verdict: Sendable {
    /// The next handler sees the stanza.
    case `continue`
    /// The next handler sees this one in its place.
    case replace(Stanza)
    /// The chain ends here: the stanza was dealt with.
    case handled
    /// The next handlers are left a value, and this stanza in place of the other if there is one.
    case pass(Value, replacing: Stanza?)
    /// At phase `stream`: the request is answered with a result, which has this payload.
    case reply(XML?)
    /// At phase `stream`: the same, and the client has logged in and bound this full address.
    case logIn(JID, XML?)
}

/// Something that one handler of a chain leaves for those after it.
///
/// Only the plugin that left it can look inside: other images have other types.
public struct Value: Sendable {
    /// A number that tells plugins of each other's values.
    public let kind: UInt64
    public let object: any AnyObject & Sendable

    public init(kind: UInt64, _ object: any AnyObject & Sendable) {
        self.kind = kind
        self.object = object
    }

    /// In the ABI's shape; the host lets go of the object when the chain is over.
    var raw: martlet_value {
        martlet_value(
            kind: kind,
            ptr: Unmanaged.passRetained(ValueBox(object)).toOpaque(),
            drop: { pointer in
                guard let pointer else { return }
                Unmanaged<ValueBox>.fromOpaque(pointer).release()
            }
        )
    }

    /// The object of a value that this plugin left.
    static func object(of raw: martlet_value) -> (any AnyObject & Sendable)? {
        guard let pointer = raw.ptr else { return nil }
        return Unmanaged<ValueBox>.fromOpaque(pointer).takeUnretainedValue().object
    }
}

private final class ValueBox: Sendable {
    let object: any AnyObject & Sendable

    init(_ object: any AnyObject & Sendable) { self.object = object }
}
