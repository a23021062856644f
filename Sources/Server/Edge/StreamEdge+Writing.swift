import MartletCore
import MartletStreams
import MartletXML

/// From elements to bytes.
extension StreamEdge {
    /// Elements of the streams namespace are written with the prefix that everybody knows.
    func write(_ element: Element) {
        transport.withOutput { output in
            guard element.isIn(Namespace.streams) else { return element.append(to: &output) }
            let name = element.name
            output.append(contentsOf: "<stream:\(name)".utf8)
            for attribute in element.attributes where attribute.namespace == nil {
                output.append(contentsOf: " \(attribute.name)='".utf8)
                var value = attribute.value
                value.withUTF8 { output.appendEscapedAttribute(UnsafeRawBufferPointer($0)) }
                output.append(UInt8(ascii: "'"))
            }
            output.append(UInt8(ascii: ">"))
            element.appendContent(to: &output)
            output.append(contentsOf: "</stream:\(name)>".utf8)
        }
    }

    /// Says goodbye, and goes on reading.
    func sayGoodbye() { transport.send(StreamOpening.closing) }

    /// Ends the stream from our side: the error if there is one, the closing tag, then the socket.
    ///
    /// The last bytes and the peer's goodbye have until `limit`.
    func end(_ error: StreamError?, within limit: Duration) {
        guard !isSecuring else { return transport.close(afterFlush: false, within: .zero) }
        if let error { write(error.element) }
        transport.send(StreamOpening.closing)
        transport.close(afterFlush: true, within: limit)
    }
}
