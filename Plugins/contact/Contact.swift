public import CPlugin
import MartletPluginKit

/// XEP-0157: Contact Addresses for XMPP Services 1.1.1.
///
/// Met: §3; what is no URI is refused as a setting, also where the text only says SHOULD.
final class Contact: Plugin {
    static let about = PluginDescription(
        "contact",
        version: "1.0",
        "Tells whom to write to about the server (XEP-0157).",
        settingsSchema: ContactSettings.schema
    )

    static func register(in registration: borrowing Registration<Contact>) {}

    init(_ site: Site, _ settings: ContactSettings) throws {
        let fields = settings.fields.filter { !$0.addresses.isEmpty }
        for field in fields {
            for address in field.addresses where !isURI(address) {
                throw ContactFault(field: field.name, address: address)
            }
        }
        guard !fields.isEmpty else { return }
        Registration<Contact>(at: site).form(Self.form(fields))
    }

    private static func form(_ fields: [ContactSettings.Field]) -> XML {
        .form(.result, of: "http://jabber.org/network/serverinfo") { form in
            for (name, addresses) in fields {
                form.field("\(name)-addresses", .listMulti, values: addresses)
            }
        }
    }
}

/// An address that nobody could write to.
private struct ContactFault: Error, CustomStringConvertible {
    let field: String
    let address: String

    var description: String { "\(field): \"\(address)\" is no URI, such as mailto:romeo@a.example" }
}

/// Whether a text is a scheme and something behind it, without characters that no URI has
/// (RFC 3986 §2, §3.1).
private func isURI(_ text: String) -> Bool {
    guard let colon = text.firstIndex(of: ":"), text.index(after: colon) < text.endIndex,
        let first = text.first, first.isASCII, first.isLetter
    else { return false }
    let scheme = text[..<colon]
    guard scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
    else { return false }
    return text.unicodeScalars.allSatisfy {
        $0.value > 0x20 && !"<>\"{}|\\^`\u{7f}".unicodeScalars.contains($0)
    }
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(Contact.self) }
