import { bankTopology } from '../processors/index.ts'
import type { RecordCodec } from '../schemas/index.ts'
import type { Topology } from '../topology/index.ts'
import { newToken } from './new-token.ts'

/** Names the bank's group, its internal topics and its transactional ids; all of its topics begin with it. */
export const APPLICATION = 'bank'

/** The bank as it runs everywhere: in one process, in many, in tests. */
export function bankApplication(codec: RecordCodec): Topology {
  return bankTopology({ codec, newToken })
}
