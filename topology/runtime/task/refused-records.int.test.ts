import { MemoryStorage } from '../../../state/index.ts'
import { EmbeddedBroker } from '../../broker/index.ts'
import { systemPorts } from '../../system-ports.ts'
import { silentLogger } from '../../testing/silent-logger.ts'
import { describeRefusedRecords } from '../testing/refused-records.contract.ts'

describeRefusedRecords('the embedded broker', {
  openBroker: () => EmbeddedBroker.open({ storage: new MemoryStorage(), ports: systemPorts(silentLogger) }),
  times: {},
})
