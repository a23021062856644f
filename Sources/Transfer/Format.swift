internal import MartletCore
internal import MartletXML

/// The words of the format (XEP-0227), and of what it lacks; see `Format.md`.
enum Format {
    static let pie = "urn:xmpp:pie:0"
    static let scram = "urn:xmpp:pie:0#scram"
    static let archives = "urn:xmpp:pie:0#mam"
    static let privateData = "jabber:iq:private"
    static let privacy = "jabber:iq:privacy"
    static let blocking = "urn:xmpp:blocking"
    static let vCard = "vcard-temp"
    static let archived = "urn:xmpp:mam:2"
    static let forwarded = "urn:xmpp:forward:0"
    static let include = "http://www.w3.org/2001/XInclude"
    /// Ours, for all that the standard has no place for; always written with the prefix `m`.
    static let own = "urn:martlet:store:0"

    /// Elements that are read piece by piece.
    static let containers: Set<String> = [
        "{\(pie)}server-data", "{\(pie)}host", "{\(pie)}user", "{\(pie)}offline-messages",
        "{\(archives)}archive", "{\(Namespace.roster)}query", "{\(privateData)}query",
        "{\(own)}owner", "{\(own)}documents", "{\(own)}log",
    ]

    /// Those in which nothing is looked for but what they are lists of.
    static let lists: Set<String> = [
        "{\(pie)}offline-messages", "{\(archives)}archive", "{\(Namespace.roster)}query",
        "{\(privateData)}query", "{\(own)}documents", "{\(own)}log",
    ]

    /// What one element of a file may be: a value of the store in base64, and some more.
    static let limits = XMLLimits(
        stanzaBytes: 32 << 20,
        tagBytes: 1 << 20,
        depth: 256,
        elements: 1_000_000,
        attributes: 256,
        attributeBytes: 1 << 20,
        namespaceDeclarations: 1_000,
        nameBytes: 1_024
    )
}

/// The collections that have a standard form, by the names that modules and plugins store them under.
enum Known {
    static let offline = "offline"
    static let archive = "archive"
    /// The accounts of a domain that have an archive, so that it is found when old messages go.
    static let archiveRegister = "archives"
    static let privateData = "private"
    static let vCard = "vcard"
    static let privacy = "privacy"
    static let blocking = "blocking"
    /// Where an import notes which accounts it is at work on.
    static let journal = "import"

    static let documents: Set = [privateData, vCard, privacy, blocking]
    static let logs: Set = [offline, archive]
}
