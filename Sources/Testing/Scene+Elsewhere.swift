public import MartletCore
import Synchronization

extension Scene {
    /// Another server for a domain that is not ours; the same each time.
    ///
    /// Only with the first one is there anything elsewhere at all.
    public func peer(_ domain: JID) -> ScenePeer {
        server.connect(elsewhere: network)
        return network.peer(domain.domain) { makePeer(domain) }
    }

    /// A component for a domain of the server's; the same each time.
    public func component(_ domain: JID) -> ScenePeer {
        components.withLock { components in
            if let component = components[domain.domain] { return component }
            let component = makePeer(domain)
            components[domain.domain] = component
            server.replaceComponents(components)
            return component
        }
    }

    private func makePeer(_ domain: JID) -> ScenePeer {
        ScenePeer(domain.domain, of: server, on: places.next())
    }
}
