import CCurl
import Glibc

/// The sockets a worker has open, kept so that saying goodbye can be made brief.
///
/// Touched by its worker's thread only.
final class CurlSockets {
    private var descriptors: Set<curl_socket_t> = []

    /// A socket that notices a peer which no longer answers within two minutes.
    func open(for address: curl_sockaddr) -> curl_socket_t {
        let socket = Glibc.socket(
            address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
        guard socket >= 0 else { return CURL_SOCKET_BAD }
        var patience: Int32 = 120_000
        // A kernel that refuses this still has the keep-alive and our own time-outs.
        setsockopt(
            socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &patience,
            socklen_t(MemoryLayout.size(ofValue: patience)))
        descriptors.insert(socket)
        return socket
    }

    func close(_ socket: curl_socket_t) -> Int32 {
        descriptors.remove(socket)
        return Glibc.close(socket)
    }

    /// Stops listening on all of them: libcurl can still say QUIT, and finds the end instead of waiting for an answer.
    func stopListening() {
        for socket in descriptors { shutdown(socket, Int32(SHUT_RD)) }
    }
}
