public import MartletCore
public struct Account: Sendable {}
public struct StorageError: Error {}
public protocol Store: Sendable { func account(_ jid: JID) async throws(StorageError) -> Account? }
