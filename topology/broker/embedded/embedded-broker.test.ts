import { MemoryStorage } from '../../../state/index.ts'
import { describeBrokerContract } from '../testing/broker.contract.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { EmbeddedBroker } from './embedded-broker.ts'

describeBrokerContract('the embedded broker in memory', async () => {
  const ports = manualPorts()
  const broker = await EmbeddedBroker.open({ storage: new MemoryStorage(), ports, compactionMinBytes: 2_000 })
  return { broker, advance: ports.advance, close: () => broker.close() }
})
