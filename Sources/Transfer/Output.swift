internal import Glibc
internal import MartletXML

/// Where an export goes: a file descriptor with a buffer before it.
///
/// It is used by one task; whoever opened the descriptor closes it.
public final class Output {
    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []
    /// Bytes of the file so far, those in the buffer included.
    private(set) var count: Int

    private static let bufferBytes = 1 << 18

    /// - Parameters:
    ///   - descriptor: open for writing, at the place where writing goes on.
    ///   - path: what it is called in errors.
    ///   - count: the bytes that stand before that place.
    public init(_ descriptor: Int32, path: String, count: Int = 0) {
        self.descriptor = descriptor
        self.path = path
        self.count = count
    }

    func write(_ text: String) throws {
        buffer += text.utf8
        count += text.utf8.count
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Writes an element where the default namespace is that of the format, with attributes of ours.
    func write(_ element: Element, aside: KeyValuePairs<String, String?> = [:]) throws {
        let start = buffer.count
        element.withBytes { bytes in
            let end = bytes.firstIndex { $0 == 0x20 || $0 == 0x2F || $0 == 0x3E } ?? bytes.count
            buffer += bytes[..<end]
            // Stanzas have their namespace from the stream; here it has to be said.
            if element.isIn(XML.contentNamespace) { buffer += " xmlns='jabber:client'".utf8 }
            for case (let name, let value?) in aside {
                buffer += " m:\(name)='\(value)'".utf8
            }
            buffer += bytes[end...]
        }
        buffer.append(0x0A)
        count += buffer.count - start
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Writes a tag in the format's namespace, or in ours with its prefix.
    func open(_ name: String, _ attributes: KeyValuePairs<String, String?> = [:]) throws {
        try write(tag(name, attributes).dropLast(2) + ">\n")
    }

    /// Writes an element without content.
    func leaf(_ name: String, _ attributes: KeyValuePairs<String, String?> = [:]) throws {
        try write(tag(name, attributes) + "\n")
    }

    func close(_ name: String) throws { try write("</\(name)>\n") }

    private func tag(_ name: String, _ attributes: KeyValuePairs<String, String?>) -> String {
        // Names of elements have no colon: the tag is made of another that is as long.
        "<" + name + Element("x", attributes).description.dropFirst(2)
    }

    /// Gives the system what is in the buffer.
    public func flush() throws {
        var rest = buffer[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else {
                if written < 0, errno == EINTR { continue }
                throw TransferFault.system(path)
            }
            rest = rest.dropFirst(written)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Makes sure that the disk has all that was written.
    func synchronize() throws {
        try flush()
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS else {
            throw TransferFault.system(path)
        }
    }
}
