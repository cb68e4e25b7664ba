import { bankTopology } from '../processors/index.ts'
import { EmbeddedRegistry, RecordCodec } from '../schemas/index.ts'
import type { Topology } from '../topology/index.ts'
import { newToken } from './new-token.ts'

/** Names the bank's group, its internal topics and its transactional ids; all of its topics begin with it. */
export const APPLICATION = 'bank'

/** Dozens of tasks with little data each: together they take less memory than the engine would give them, for restores that take a little longer. */
export const WRITE_BUFFER_BYTES = 4 << 20

/** The bank as it runs everywhere: in one process, in many, in tests. */
export function bankApplication(codec: RecordCodec): Topology {
  return bankTopology({ codec, newToken })
}

/** Enough to draw the bank with, not to read or write its records. */
export async function drawingCodec(): Promise<RecordCodec> {
  return RecordCodec.open(await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined }))
}
