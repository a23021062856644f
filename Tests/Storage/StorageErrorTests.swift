import MartletCore
import MartletStorage
import Testing

@Suite struct `An error of the store` {
    @Test(
        arguments: [
            (.full, .resourceConstraint), (.unavailable("its queue is full"), .resourceConstraint),
            (.corrupt("a page"), .internalServerError), (.conflict, .internalServerError),
        ] as [(StorageError, StanzaError.Condition)]
    )
    func `tells a peer to try again, and nothing about the database`(
        error: StorageError,
        condition: StanzaError.Condition
    ) {
        #expect(error.stanzaError == StanzaError(condition, .wait))
        #expect(error.stanzaError.text == nil)
    }

    @Test func `says in a log what it is about`() {
        #expect("\(StorageError.full)" == "the database is full")
        #expect("\(StorageError.corrupt("page 7"))" == "the database is damaged: page 7")
    }
}
