package import MartletCore

/// What stands in the place of other servers and of components, where a scene has some of its own.
extension MartletServer {
    package func connect(elsewhere route: (any StanzaRoute)?) {
        router.connect(elsewhere: route)
    }

    package func replaceComponents(_ components: [JID: any StanzaRoute]) {
        router.replaceComponents(components)
    }

    /// Takes a stanza as from a stream that was read on the shard of that index.
    package func receive(fromElsewhere stanza: Stanza, on shard: Int) {
        let home = router.homes[shard]
        home.shard.submit { home.assumeIsolated { $0.receive(fromElsewhere: stanza) } }
    }

    /// Returns a stanza that could not go where it should.
    package func bounce(_ stanza: Stanza, _ error: StanzaError) {
        router.bounce(stanza, error)
    }
}
