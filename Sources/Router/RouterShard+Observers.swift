public import MartletCore

/// Tells modules of what happens beside the stanzas' ways.
extension RouterShard {
    public func tellObservers(of session: Session, said presence: Stanza) {
        for observe in session.domain.modules.presenceObservers { observe(self, session, presence) }
    }

    /// The push is made only where somebody wants to see it.
    public func tellRosterObservers(of account: JID, _ push: () -> Stanza) {
        guard let observers = domains[of: account]?.modules.rosterObservers, !observers.isEmpty
        else { return }
        let push = push()
        for observe in observers { observe(self, account, push) }
    }
}
