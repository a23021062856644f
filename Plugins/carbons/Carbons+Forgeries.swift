import MartletPluginKit

extension Carbons {
    /// A message without what only looks like a copy; nil when the copy may stand.
    ///
    /// Copies come from the account itself and from nobody else; clients that believe others show their
    /// users what was never said (XEP-0280 §11, CVE-2017-5589).
    static func withoutForgeries(_ event: borrowing Event) -> Stanza? {
        let message = event.stanza
        guard let account = event.place?.account,
            message.from?.isSameAccount(as: account) != true
        else { return nil }
        let forged = message.root.children(in: namespace).filter {
            $0.name == "sent" || $0.name == "received"
        }
        return message.edited(removing: forged)
    }
}
