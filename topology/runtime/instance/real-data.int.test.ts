import { MemoryStorage } from '../../../state/index.ts'
import { EmbeddedBroker } from '../../broker/index.ts'
import { describe } from 'vitest'
import { describeRealData } from '../testing/real-data.contract.ts'

describe('Real data on the embedded broker', () => {
  describeRealData((ports) => EmbeddedBroker.open({ storage: new MemoryStorage(), ports }))
})
