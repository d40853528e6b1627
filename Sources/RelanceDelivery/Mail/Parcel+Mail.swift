import RelanceCore

extension Parcel {
    /// The mail ready to travel: its bytes, made once and kept for every attempt, with the service as envelope sender.
    package init(mail message: RenderedMessage, zone: Zone, service: ServiceIdentity) throws(MIMEProblem) {
        self.init(
            key: message.key, kind: message.kind, sender: service.sender, recipient: message.to.address,
            bytes: try MIMEMessage.bytes(
                of: message, zone: zone, messageIDDomain: service.messageIDDomain, sender: service.sender))
    }
}
