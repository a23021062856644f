import Glibc

/// Where plugins are looked for: every `libmartlet_*.so` of the folders, in the order of their names.
public enum PluginFolder {
    static let prefix = "libmartlet_"
    static let suffix = ".so"

    /// The folders to search when the configuration names none: `$MARTLET_PLUGIN_DIR`, then `plugins`
    /// beside the program's folder, then the program's own folder, where a build leaves them.
    public static var usual: [String] {
        if let named = getenv("MARTLET_PLUGIN_DIR") {
            return String(cString: named).split(separator: ":").map(String.init)
        }
        let program = programFolder
        return [program + "/../lib/martlet/plugins", program + "/../plugins", program]
    }

    private static var programFolder: String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes -> Int in
            guard let start = bytes.baseAddress else { return 0 }
            return readlink("/proc/self/exe", start, bytes.count)
        }
        let path = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// The plugins' files; of two with one name, the first folder's is taken.
    static func files(in folders: [String]) -> [String] {
        var found: [String: String] = [:]
        for folder in folders {
            for name in names(in: folder) where found[name] == nil {
                found[name] = "\(folder)/\(name)"
            }
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(prefix), name.hasSuffix(suffix) { names.append(name) }
        }
        return names
    }
}
