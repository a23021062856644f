public import CPlugin
import Glibc
import MartletPluginKit

/// XEP-0092: Software Version 1.1.
///
/// Met: §2, §4, and §5: the operating system is told only where the configuration says so.
final class Version: Plugin {
    static let about = PluginDescription(
        "version",
        version: "1.0",
        "Tells which software the server is (XEP-0092).",
        settingsSchema: VersionSettings.schema
    )

    private static let namespace = "jabber:iq:version"
    private static let answers = Sharing<XML>()
    private let answer: Shared<XML>

    static func register(in registration: borrowing Registration<Version>) {
        registration.feature(namespace)
        registration.onIQ(.get, "query", in: namespace, to: .domain) { plugin, _ in
            plugin.answer.value
        }
    }

    init(_ site: Site, _ settings: VersionSettings) {
        let server = site.server
        let made = XML("query", in: Self.namespace) { query in
            query.element("name") { $0.text(settings.name ?? server?.name ?? "Martlet") }
            query.element("version") { $0.text(settings.version ?? server?.version ?? "") }
            if settings.showSystem { query.element("os") { $0.text(Self.system) } }
        }
        answer = Self.answers.shared(made)
    }

    /// The operating system's name, and nothing more exact.
    private static var system: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "Linux" }
        return withUnsafeBytes(of: &name.sysname) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

struct VersionSettings: PluginSettings {
    var name: String?
    var version: String?
    var showSystem = false

    static let schema = """
        {"type": "object", "properties": {
        "name": {"type": "string",
        "description": "What is said in place of the program's name."},
        "version": {"type": "string",
        "description": "What is said in place of the program's version."},
        "showSystem": {"type": "boolean", "default": false,
        "description": "Tell the operating system's name too."}}}
        """
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(Version.self) }
