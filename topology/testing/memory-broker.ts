import { MemoryStorage } from '../../state/index.ts'
import { EmbeddedBroker } from '../broker/index.ts'
import type { Ports } from '../ports.ts'

/** The embedded broker in memory, for tests of code that uses the `Broker` interface. It takes all timestamps, because tests have clocks of their own. */
export function memoryBroker(ports: Ports): Promise<EmbeddedBroker> {
  return EmbeddedBroker.open({ storage: new MemoryStorage(), ports, limits: { timestampAfterMaxMs: Infinity } })
}
