import { bankTopology } from '../processors/index.ts'
import { EmbeddedRegistry, RecordCodec } from '../schemas/index.ts'
import type { Topology } from '../topology/index.ts'
import { newToken } from './new-token.ts'

/** Names the bank's group, its internal topics and its transactional ids; all of its topics begin with it. */
export const APPLICATION = 'bank'

/** The bank as it runs everywhere: in one process, in many, in tests. */
export function bankApplication(codec: RecordCodec): Topology {
  return bankTopology({ codec, newToken })
}

/** Enough to draw the bank with, not to read or write its records. */
export async function drawingCodec(): Promise<RecordCodec> {
  return RecordCodec.open(await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined }))
}
