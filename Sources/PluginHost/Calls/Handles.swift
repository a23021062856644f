import CPlugin
import MartletCore
import MartletXML

/// Stanzas and elements as plugins hold them.
///
/// A `martlet_stanza` is a ``Stanza`` by its address: counted by Swift, so that `retain` and `release`
/// are what their names say. A `martlet_node` is the place of an element in it; its upper half is the
/// place of the element around it, which the search for a sibling ends at.
extension Stanza {
    /// Lent: good as long as somebody keeps the stanza.
    var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

    /// The caller's own, to be released.
    var ownedHandle: OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

    static func at(_ handle: OpaquePointer) -> Stanza {
        Unmanaged<Stanza>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
    }

    static func retain(_ handle: OpaquePointer) {
        _ = Unmanaged<Stanza>.fromOpaque(UnsafeRawPointer(handle)).retain()
    }

    static func release(_ handle: OpaquePointer) {
        Unmanaged<Stanza>.fromOpaque(UnsafeRawPointer(handle)).release()
    }
}

extension martlet_node {
    static var none: martlet_node { martlet_node(stanza: nil, index: 0) }

    init(_ stanza: OpaquePointer, place: Int, parent: Int) {
        self.init(stanza: stanza, index: UInt64(parent) << 32 | UInt64(place))
    }

    var place: Int { Int(index & 0xFFFF_FFFF) }
    var parent: Int { Int(index >> 32) }

    /// The element, or nil for a node that is none.
    var element: Element? {
        guard let stanza else { return nil }
        return Stanza.at(stanza).element.element(at: place)
    }
}
