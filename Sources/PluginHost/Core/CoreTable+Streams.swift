import CPlugin
import MartletCore
import MartletXML

extension CoreTable {
    static func fillStreams(_ core: inout martlet_core) {
        core.stream = { event, stream in
            guard let event, let call = HookEvent.at(event).pointee.begun?.stream else {
                return CoreTable.invalid
            }
            var told = martlet_stream()
            told.is_encrypted = call.peer.isEncrypted ? 1 : 0
            told.is_authenticated = call.peer.isAuthenticated ? 1 : 0
            told.domain = martlet_str(call.peer.domain.jid.stableBytes)
            told.peer = call.peerText.text
            told.account = call.peer.account.map { martlet_str($0.stableBytes) } ?? .none
            told.sasl_failures = UInt32(clamping: call.peer.saslFailures)
            return told.write(to: stream) ? CoreTable.ok : CoreTable.invalid
        }
        core.stream_send = { event, text in
            guard let event, HookEvent.at(event).pointee.begun?.stream != nil,
                let element = ForeignXML.element(text.bytes)
            else { return CoreTable.invalid }
            HookEvent.at(event).pointee.begun?.stream?.sent.append(element)
            return CoreTable.ok
        }
        core.log_in = { event, address in
            guard let event, HookEvent.at(event).pointee.begun?.stream != nil,
                let address = address.address, address.isFull
            else { return CoreTable.invalid }
            HookEvent.at(event).pointee.begun?.stream?.login = address
            return CoreTable.ok
        }
        core.stream_close = { event, condition in
            guard let event, HookEvent.at(event).pointee.begun?.stream != nil,
                let condition = StreamError.Condition(rawValue: condition.string)
            else { return CoreTable.invalid }
            HookEvent.at(event).pointee.begun?.stream?.end = StreamError(condition)
            return CoreTable.ok
        }
    }
}
