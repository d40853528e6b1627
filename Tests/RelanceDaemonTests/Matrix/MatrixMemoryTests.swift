import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

/// Whatever a far side says, it does not make this program grow by more than 32 MiB (reliability 3.5).
@Suite(.timeLimit(.minutes(10))) struct MatrixMemoryTests {
    @Test func `no answer of a gateway makes this program grow by more than 32 MiB at any moment`() async {
        // In a process of its own: the memory of this one belongs to every test.
        await #expect(processExitsWith: .success) {
            let cells = HTTPMatrixTests.cells
            for cell in [cells.first { $0.testDescription == "202" }].compactMap({ $0 }) + cells {
                let rise = try await ResidentMemory.rise {
                    let stage = try HTTPMatrixTests.Stage(cell, patience: cell.isEndless ? 1 : 60)
                    defer { stage.server.stop() }
                    _ = await stage.courier.deliver(HTTPMatrixTests.parcel) {}
                }
                // What libcurl, OpenSSL and the preset take for good is taken once, by the first.
                #expect(rise <= 32 << 20, "\(cell.testDescription): \(rise >> 20) MiB")
            }
        }
    }

    @Test func `no reply of a relay makes this program grow by more than 32 MiB at any moment`() async {
        await #expect(processExitsWith: .success) {
            let cells = SMTPMatrixTests.cells.filter { cell in
                let name = cell.testDescription
                return ["longLine", "without end", "of 5000 lines"].contains { name.hasSuffix($0) }
            }
            #expect(cells.count >= 12)
            for cell in cells.prefix(1) + cells {
                let rise = try await ResidentMemory.rise {
                    let stage = try SMTPMatrixTests.Stage(cell.trial, patience: 60)
                    defer { stage.server.stop() }
                    _ = await stage.courier.deliver(
                        Parcel(
                            key: .make("mail"), kind: .newCase, sender: .make("relance@cci.example"),
                            recipient: .make("conseiller@cci.example"),
                            bytes: Array("Subject: test\r\n\r\nBonjour.\r\n".utf8))
                    ) {}
                }
                #expect(rise <= 32 << 20, "\(cell.testDescription): \(rise >> 20) MiB")
            }
        }
    }
}
