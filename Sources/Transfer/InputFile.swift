internal import Glibc

/// A file that is read from its beginning to its end; `-` is standard input.
final class InputFile {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TransferFault.system(path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw TransferFault("\(path): it is a folder")
        }
    }

    deinit { close(descriptor) }

    /// The next bytes; none at the end.
    func read() throws -> [UInt8] {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, initialized in
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                initialized = max(0, count)
            }
            if count >= 0 { return bytes }
            guard errno == EINTR else { throw TransferFault.system(path) }
        }
    }

    static func size(of path: String) -> Int {
        var status = stat()
        return path != "-" && stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}

/// Where an `<include/>` leads (XEP-0227 §5): a file below the folder of the one that it stands in.
func includedPath(_ reference: String, from path: String) -> String? {
    guard !reference.contains(where: { ":#?".contains($0) }) else { return nil }
    var bytes: [UInt8] = []
    var rest = Array(reference.utf8)[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard rest.count >= 2,
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
            value != 0
        else { return nil }
        bytes.append(value)
        rest = rest.dropFirst(2)
    }
    guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else { return nil }
    let steps = text.split(separator: "/", omittingEmptySubsequences: false)
    guard !text.hasPrefix("/"), !steps.contains("..") else { return nil }
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return (folder + [Substring(text)]).joined(separator: "/")
}
