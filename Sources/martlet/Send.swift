import ArgumentParser
import MartletClient
import MartletCore

struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Log in to any XMPP server and send one message.",
        discussion: """
            For example, to a server with a self-signed certificate:

              martlet send --from romeo@localhost --insecure juliet@localhost "Good morrow"
            """
    )

    @Option(help: "The account to log in as.", transform: JID.account) var from: JID
    @OptionGroup var secret: PasswordOptions
    @Option(help: "The host to connect to, if it is not the account's domain.") var host: String?
    @Option(help: "The port to connect to.") var port: UInt16 = 5222
    @Flag(help: "Do not verify the server's certificate (a self-signed one, for instance).")
    var insecure = false
    @Argument(help: "Whom the message is for.") var to: String
    @Argument(help: "The message.") var text: String

    func run() async throws {
        let password = try secret.read()
        let to: JID
        do { to = try JID(self.to) } catch { throw Complaint("\(self.to) is not an address") }
        do {
            try await Client.send(
                text,
                to: to,
                from: from,
                password: password,
                options: Client.Options(host: host, port: port, verifiesCertificate: !insecure)
            )
        } catch {
            throw Complaint("\(error)")
        }
        print("sent")
    }
}
