import CPlugin
import Glibc

/// A plugin's shared object, opened and checked; it stays mapped as long as the process lives.
///
/// Unchecked: the descriptor is memory that its image never changes.
final class PluginImage: Needing, @unchecked Sendable {
    let path: String
    let descriptor: UnsafePointer<martlet_plugin>
    let name: String
    let version: String
    let about: String
    let needs: [InterfaceNeed]
    let provides: [String]
    let schema: SettingsSchema?

    var isOffByDefault: Bool {
        descriptor.pointee.flags & UInt32(MARTLET_OFF_BY_DEFAULT) != 0
    }

    /// Opens a shared object and reads what it says of itself.
    ///
    /// - Throws: `PluginFault` for what is no plugin, or one of another ABI.
    init(opening path: String) throws(PluginFault) {
        let file = Self.title(of: path)
        // Not lazily: a missing symbol is found now, not in the middle of a stanza.
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
            throw PluginFault(file, dlerror().map { String(cString: $0) } ?? "it cannot be opened")
        }
        guard let symbol = dlsym(handle, MARTLET_ENTRY_SYMBOL) else {
            throw PluginFault(file, "it has no function \(MARTLET_ENTRY_SYMBOL)")
        }
        let entry = unsafeBitCast(symbol, to: martlet_entry_fn.self)
        guard let descriptor = entry() else { throw PluginFault(file, "it describes nothing") }
        self.path = path
        self.descriptor = descriptor
        try Self.checkVersion(descriptor, file)
        let said = descriptor.pointee
        try Self.check(said, file)
        name = said.name.string
        version = said.version.string
        about = said.about.string
        needs = said.needs.string.split(separator: " ").map(InterfaceNeed.init)
        provides = said.provides.string.split(separator: " ").map(String.init)
        do {
            schema = said.settings.isEmpty ? nil : try SettingsSchema(said.settings.string)
        } catch {
            throw PluginFault(name, "the schema of its settings is not understood: \(error)")
        }
    }

    /// `libmartlet_ping.so` is called `ping` until it says more.
    private static func title(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        guard file.hasPrefix(PluginFolder.prefix), file.hasSuffix(PluginFolder.suffix) else {
            return file
        }
        return String(file.dropFirst(PluginFolder.prefix.count).dropLast(PluginFolder.suffix.count))
    }

    /// Reads no more than the fields that say how much there is.
    private static func checkVersion(
        _ said: UnsafePointer<martlet_plugin>,
        _ file: String
    ) throws(PluginFault) {
        guard said.pointee.magic == MARTLET_ABI_MAGIC else {
            throw PluginFault(file, "what it describes is no plugin of Martlet's")
        }
        let (major, minor) = (said.pointee.major, said.pointee.minor)
        guard major == MARTLET_ABI_MAJOR, minor <= MARTLET_ABI_MINOR else {
            throw PluginFault(
                file,
                "it was built for ABI \(major).\(minor); "
                    + "this server has \(MARTLET_ABI_MAJOR).\(MARTLET_ABI_MINOR)"
            )
        }
        // The size of version 1.0, which never changes, and not that of today's header.
        guard Int(said.pointee.size) >= MemoryLayout<martlet_plugin_v1_0>.size else {
            throw PluginFault(file, "its description is cut short")
        }
    }

    private static func check(_ said: martlet_plugin, _ file: String) throws(PluginFault) {
        guard said.load != nil, said.start != nil, said.stop != nil else {
            throw PluginFault(file, "one of load, start and stop is missing")
        }
        let name = said.name.string
        guard !name.isEmpty, name.utf8.allSatisfy(isNameByte) else {
            throw PluginFault(file, "its name is \"\(name)\"; lower case letters, digits, - are")
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
