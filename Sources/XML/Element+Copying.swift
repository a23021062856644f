extension Element {
    /// Appends the attributes that have no namespace, but for those named, as they stand.
    ///
    /// For writing a start tag of which some attributes are known to be others: a pass over the tape,
    /// without a text or an array.
    public func appendAttributes(to output: inout [UInt8], except names: [StaticString]) {
        document.read { tape in
            for at in tape.firstInside(index)..<tape.contentIndex(of: index) {
                let node = tape.nodes[at]
                guard node.kind == .attribute, node.namespace == 0, !node.flags.contains(.isXML)
                else { continue }
                let name = tape.bytes(node.attributeName)
                guard !names.contains(where: { isEqual(name, Bytes($0)) }) else { continue }
                output.append(UInt8(ascii: " "))
                output.append(contentsOf: tape.bytes(Int(node.start)..<Int(node.end) + 1))
            }
        }
    }
}
