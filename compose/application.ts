import { bankTopology } from '../processors/index.ts'
import { EmbeddedRegistry, RecordCodec } from '../schemas/index.ts'
import type { Topology } from '../topology/index.ts'
import { newToken } from './new-token.ts'

/** The application id: group id, and prefix of all topics and transactional ids. */
export const APPLICATION = 'bank'

/** The bank has dozens of small tasks: it trades slower restores for less memory than the engine's default would take (DECISIONS 85). */
export const WRITE_BUFFER_BYTES = 4 << 20

/** The same topology in one process, in many, and in tests. */
export function bankApplication(codec: RecordCodec): Topology {
  return bankTopology({ codec, newToken })
}

/** A codec to build the topology for inspection. Not for records, because its schema ids are not those of the registry. */
export async function topologyOnlyCodec(): Promise<RecordCodec> {
  return RecordCodec.open(await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined }))
}
