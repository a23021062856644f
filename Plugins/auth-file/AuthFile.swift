public import CPlugin
import MartletPluginKit

/// Lets those log in whom a JSON file names, and nobody else.
///
/// It offers `martlet.auth/1` in place of the server's own accounts. The file is read again when it has
/// changed; while what stands in it makes no sense, what stood there before counts.
final class AuthFile: Plugin {
    static let about = PluginDescription(
        "auth-file",
        version: "1.0",
        "Says who may log in, from a JSON file of users.",
        isOffByDefault: true,
        provides: ["martlet.auth/1"],
        settingsSchema: """
            {"type": "object", "properties": {"file": {"type": "string", "default": "users.json",
            "description": "the JSON file of users; without a / in front, where the server started"}}}
            """
    )

    struct Settings: PluginSettings {
        var file = "users.json"
    }

    static func register(in registration: borrowing Registration<AuthFile>) {}

    init(_ site: Site, _ settings: Settings) throws {
        let users = try UserFile(settings.file, at: site)
        guard site.provideAuthentication({ await users.credentials(of: $0) }) else {
            throw AuthFileFault("another plugin says who may log in")
        }
    }
}

/// Why the plugin cannot work, for whoever runs the server.
struct AuthFileFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(AuthFile.self) }
