public import CPlugin
import Glibc
import MartletPluginKit

/// XEP-0232: Software Information 0.3.
///
/// Met: §2 but for the icon; the operating system is told only where the configuration says so (§3).
final class SoftwareInfo: Plugin {
    static let about = PluginDescription(
        "softwareinfo",
        version: "1.0",
        "Tells in service discovery which software the server is (XEP-0232).",
        settingsSchema: SoftwareInfoSettings.schema
    )

    static func register(in registration: borrowing Registration<SoftwareInfo>) {}

    init(_ site: Site, _ settings: SoftwareInfoSettings) {
        guard let server = site.server else { return }
        var fields = [("software", server.name), ("software_version", server.version)]
        if settings.showSystem { fields = systemFields() + fields }
        Registration<SoftwareInfo>(at: site).form(
            XML("x", in: "jabber:x:data", ["type": "result"]) { form in
                form.element("field", ["var": "FORM_TYPE", "type": "hidden"]) { field in
                    field.element("value") { $0.text("urn:xmpp:dataforms:softwareinfo") }
                }
                for (name, value) in fields {
                    form.element("field", ["var": name, "type": "text-single"]) { field in
                        field.element("value") { $0.text(value) }
                    }
                }
            }
        )
    }
}

struct SoftwareInfoSettings: PluginSettings {
    var showSystem = false

    static let schema = """
        {"type": "object", "properties": {
        "showSystem": {"type": "boolean", "default": false,
        "description": "Tell the operating system and its version too."}}}
        """
}

/// What the machine runs.
private func systemFields() -> [(String, String)] {
    var name = utsname()
    guard uname(&name) == 0 else { return [] }
    return [("os", text(&name.sysname)), ("os_version", text(&name.release))]
}

/// Characters up to the first that is zero.
private func text<Characters>(_ characters: inout Characters) -> String {
    withUnsafeBytes(of: &characters) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(SoftwareInfo.self) }
