import Logging
import MartletNet

/// What the log says of a client's connection.
extension C2SConnection {
    /// Says what happened, and whose connection it is, as far as that is known.
    ///
    /// The facts are put together when something is said: a connection keeps no copy of them.
    func report(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ more: Logger.Metadata = [:]
    ) {
        let log = service.log
        guard log.logLevel <= level else { return }
        var facts = Logger.Metadata(minimumCapacity: 6)
        for (name, value) in more { facts[name] = value }
        facts["peer"] = .string(transport.peerAddress.description)
        if let tlsVersion { facts["tls"] = .string(tlsVersion) }
        if let account = machine.account { facts["account"] = .string(account.description) }
        if let resource = bound?.resourcepart { facts["resource"] = .string(resource) }
        log.log(level: level, message, metadata: facts)
    }
}
