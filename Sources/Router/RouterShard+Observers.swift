public import MartletCore

/// Tells modules of what happens beside the stanzas' ways.
extension RouterShard {
    /// The presence is made only where somebody wants to see it.
    public func tellObservers(of session: Session, said presence: @autoclosure () -> Stanza) {
        let observers = session.domain.modules.presenceObservers
        guard !observers.isEmpty else { return }
        let presence = presence()
        for observe in observers { observe(self, session, presence) }
    }

    /// The push is made only where somebody wants to see it.
    public func tellRosterObservers(of account: JID, _ push: () -> Stanza) {
        guard let observers = domains[of: account]?.modules.rosterObservers, !observers.isEmpty
        else { return }
        let push = push()
        for observe in observers { observe(self, account, push) }
    }
}
