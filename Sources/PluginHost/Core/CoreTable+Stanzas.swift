import CPlugin
import MartletCore
import MartletXML

extension CoreTable {
    static func fillStanzas(_ core: inout martlet_core) {
        core.parse = { ForeignXML.stanza($0)?.ownedHandle }
        core.make = { draft in
            guard let draft = martlet_draft(reading: draft) else { return nil }
            return ForeignXML.stanza(draft)?.ownedHandle
        }
        core.edit = { handle, edit in
            guard let handle, let edit = martlet_edit(reading: edit) else { return nil }
            return ForeignXML.edited(Stanza.at(handle), edit)?.ownedHandle
        }
        core.retain = { handle in
            guard let handle else { return nil }
            Stanza.retain(handle)
            return handle
        }
        core.release = { handle in
            if let handle { Stanza.release(handle) }
        }
        core.head = { handle, head in
            guard let handle else { return }
            let stanza = Stanza.at(handle)
            var told = martlet_head()
            told.kind = stanza.abiKind
            told.type = stanza.type.abiType
            told.to = stanza.to.map { martlet_str($0.stableBytes) } ?? .none
            told.from = stanza.from.map { martlet_str($0.stableBytes) } ?? .none
            _ = told.write(to: head)
        }
        core.id = { handle, buffer, capacity in
            guard let handle else { return Int64(MARTLET_EINVAL) }
            return copyOut(Stanza.at(handle).id, buffer, capacity)
        }
        core.language = { handle, buffer, capacity in
            guard let handle else { return Int64(MARTLET_EINVAL) }
            return copyOut(Stanza.at(handle).language, buffer, capacity)
        }
        core.write = { handle, buffer, capacity in
            guard let handle else { return Int64(MARTLET_EINVAL) }
            return Stanza.at(handle).declaredBytes.withUnsafeBytes { copyOut($0, buffer, capacity) }
        }
    }

    static func fillElements(_ core: inout martlet_core) {
        core.children = { handle, children, capacity in
            guard let handle else { return 0 }
            return Unmanaged<Stanza>.fromOpaque(UnsafeRawPointer(handle))._withUnsafeGuaranteedRef {
                CoreTable.tell(of: $0.element, handle, to: children, capacity)
            }
        }
        core.root = { handle in
            guard let handle else { return .none }
            return martlet_node(handle, place: Stanza.at(handle).element.place, parent: 0)
        }
        core.child = { node, namespace, name in
            guard let stanza = node.stanza, let element = node.element,
                let place = element.firstPlace(name.bytes, namespace.bytes)
            else { return .none }
            return martlet_node(stanza, place: place, parent: node.place)
        }
        core.next = { node, namespace, name in
            guard let stanza = node.stanza,
                let parent = Stanza.at(stanza).element.element(at: node.parent),
                let place = parent.place(behind: node.place, name.bytes, namespace.bytes)
            else { return .none }
            return martlet_node(stanza, place: place, parent: node.parent)
        }
        core.name = { node in
            guard let element = node.element else { return .none }
            return martlet_str(element.nameBytes)
        }
        core.ns = { node, buffer, capacity in
            guard let element = node.element else { return Int64(MARTLET_EINVAL) }
            return element.withNamespaceBytes { copyOut($0, buffer, capacity) }
        }
        core.attribute = { node, name, buffer, capacity in
            guard let element = node.element else { return Int64(MARTLET_EINVAL) }
            return element.withAttributeBytes(named: name.bytes) { value in
                guard let value else { return Int64(MARTLET_ENOENT) }
                return copyOut(value, buffer, capacity)
            }
        }
        core.text = { node, buffer, capacity in
            guard let element = node.element else { return Int64(MARTLET_EINVAL) }
            return copyOut(element.text, buffer, capacity)
        }
        core.xml = { node, buffer, capacity in
            guard let element = node.element else { return Int64(MARTLET_EINVAL) }
            return element.withDeclaredBytes { copyOut($0, buffer, capacity) }
        }
        core.jid = { text, buffer, capacity in
            guard let address = text.address else { return Int64(MARTLET_EINVAL) }
            return copyOut(address.stableBytes, buffer, capacity)
        }
    }

    /// Writes what there is room for of an element's children, and answers how many there are.
    private static func tell(
        of element: Element,
        _ stanza: OpaquePointer,
        to children: UnsafeMutablePointer<martlet_child>?,
        _ capacity: Int
    ) -> Int {
        var count = 0
        let size = Int(children?.pointee.size ?? 0)
        let room = size < MemoryLayout<martlet_child>.size ? 0 : capacity
        element.forEachChild { child in
            if let children, count < room {
                let place = UnsafeMutableRawPointer(children) + count * size
                place.storeBytes(
                    of: martlet_child(
                        size: UInt32(size),
                        ns: martlet_str(child.namespace),
                        name: martlet_str(child.name),
                        node: martlet_node(stanza, place: child.place, parent: element.place)
                    ),
                    as: martlet_child.self
                )
            }
            count += 1
        }
        return count
    }
}
