import { MemoryStorage } from '../../state/index.ts'
import { EmbeddedBroker } from '../broker/index.ts'
import type { Ports } from '../ports.ts'

/** The embedded broker with everything in memory: for tests of what stands on the seam. */
export function memoryBroker(ports: Ports): Promise<EmbeddedBroker> {
  return EmbeddedBroker.open({ storage: new MemoryStorage(), ports })
}
