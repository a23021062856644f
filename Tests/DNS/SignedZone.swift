import MartletCrypto

/// The zone `montague.example`, signed (RFC 4034) until 2050 with a key that was thrown away.
///
/// Its SRV records name `xmpp.montague.example`, which has two addresses, none of IPv6, and a TLSA record.
enum SignedZone {
    /// The DS record by which a resolver trusts it.
    static let anchor =
        "montague.example. IN DS 8512 13 2 "
        + "e2bd6b1469e4f6eb666dff274698a2e9283be6e442c2cea661af54fc01a19e63"

    static let records: [Message.Record] = text.split(separator: "|").compactMap { line in
        let fields = line.split { $0 == " " || $0 == "\n" }
        guard fields.count >= 4, let kind = UInt16(fields[1]), let seconds = UInt32(fields[2]),
            let data = Base64.decode(fields[3...].joined())
        else { return nil }
        return Message.Record(name: String(fields[0]), kind: kind, data: data, seconds: seconds)
    }

    /// Answers from the records, with the signatures of what is given.
    static func answer(_ name: String, _ kind: UInt16, without left: UInt16? = nil)
        -> NameServer.Reply
    {
        let records = records.filter { $0.kind != left && $0.covered != left }
        let found = records.filter { $0.name == name && $0.covered == kind }
        if !found.isEmpty { return .records(found) }
        // That there is none: the zone's SOA and the name's NSEC, both signed (RFC 4035 §3.1.3.1).
        return .proof(
            records.filter { $0.covered == 6 }
                + records.filter { $0.name == name && $0.covered == 47 }
        )
    }

    /// Each record: name, type, seconds, and its data in Base64, perhaps in pieces.
    private static let text = """
        montague.example 6 300
        Am5zCG1vbnRhZ3VlB2V4YW1wbGUABHJvb3QIbW9udGFndWUHZXhhbXBsZQAAAAABAAAcIAAADhAAAVGAAAAA
        PA==
        |
        montague.example 46 300
        AAYNAgAAASyWenYAXgvhACFACG1vbnRhZ3VlB2V4YW1wbGUA/c3vxuoSQGSthhqU3z7O0PBHMRw6LvVJvDCt
        axLC/UvcVEsoxW/F9KNCYSKG33/9VBBrhzoZJzMKqVCcgHaOPg==
        |
        montague.example 48 300
        AQEDDf8Wlsr62sQXs5Hy/urrO0HR2pjtFRgGI9ZqPhRhBfgqgnvGekw9lMsT3gjatv75yH3vQ+TV9mXSK3I3
        zsgV53o=
        |
        montague.example 46 300
        ADANAgAAASyWenYAXgvhACFACG1vbnRhZ3VlB2V4YW1wbGUAOdHXJnNT8MbK0L+9gmafDyt3ZJuMLuW2n/YG
        4n3fnwHflU87Qtf2UyArGvF8r9ifCsci3vAcSKG0EH5X8iz99Q==
        |
        _xmpp-server._tcp.montague.example 33 300
        AAEAABSVBHhtcHAIbW9udGFndWUHZXhhbXBsZQA=
        |
        _xmpp-server._tcp.montague.example 46 300
        ACENBAAAASyWenYAXgvhACFACG1vbnRhZ3VlB2V4YW1wbGUAlRUMUWmEgAeqE9CTDka51Rdxk0rfAhg4QQ88
        hb5DJDNaC5iLt9haa/CQohrCt0YoIljjNd9hoqwaOIi2324peQ==
        |
        _xmpps-server._tcp.montague.example 33 300
        AAIAABSWBHhtcHAIbW9udGFndWUHZXhhbXBsZQA=
        |
        _xmpps-server._tcp.montague.example 46 300
        ACENBAAAASyWenYAXgvhACFACG1vbnRhZ3VlB2V4YW1wbGUAlxNPfCO9ESXAmT5GhirASrawL761dHnyEGHy
        o7o00OPZ9oU1mnydBkS7xyXyf0PsWPKg60JeZtoBzF+wxF49IA==
        |
        xmpp.montague.example 1 300
        wAACAQ==
        |
        xmpp.montague.example 1 300
        wAACAg==
        |
        xmpp.montague.example 46 300
        AAENAwAAASyWenYAXgvhACFACG1vbnRhZ3VlB2V4YW1wbGUAlHu6ZdrPWjQEFPYI/g5SuHGzM0wZKRpK88MC
        4Haqe2X9b/lx4CwBWFEpU91myVopCLVqukmpoMsIgV5zVgmpxA==
        |
        xmpp.montague.example 47 60
        BV81MjY5BF90Y3AEeG1wcAhtb250YWd1ZQdleGFtcGxlAAAGQAAAAAAD
        |
        xmpp.montague.example 46 60
        AC8NAwAAADyWenYAXgvhACFACG1vbnRhZ3VlB2V4YW1wbGUAYWJL7yg66Uwd0fBlGdQvs7oIXajVvHAK9f8L
        iIVZx5BGh0Kavv1P+PEKAUFArM6FbSM5K21U5HxSf5wG1BGg8Q==
        |
        _5269._tcp.xmpp.montague.example 52 300
        AwEBASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8=
        |
        _5269._tcp.xmpp.montague.example 46 300
        ADQNBQAAASyWenYAXgvhACFACG1vbnRhZ3VlB2V4YW1wbGUAWPExQcya/V6h5oYdAY+N+wriyuXtnRftH6Oz
        JNnXpDgHD27CsPwFlsxIHFXSsrUSKYJlrrVc97nQ6QF4gXUywg==
        |
        """
}

extension Message.Record {
    /// Its type, or of a signature that of what is signed.
    fileprivate var covered: UInt16 {
        kind == 46 && data.count > 1 ? UInt16(data[0]) << 8 | UInt16(data[1]) : kind
    }
}
