import { AvroReader } from './avro-reader.ts'
import { judge, JUDGED_TOPICS, type JudgedTopic, type KnownTransfer, type TopicRecord, type Verdict } from './judge.ts'
import { TopicReader } from './topic-reader.ts'

export interface VerifierOptions {
  /** Address of a broker. */
  readonly kafka: string
  /** URL of the schema registry. */
  readonly registry: string
  readonly transfers: readonly KnownTransfer[]
}

const DEAD_LETTERS = 'bank-dead-letters'

/**
 * Reads the topics of a stopped bank and judges them by the bank's rules. Shares no code with bank and engine, only names of topics and
 * records (DECISIONS 61).
 */
export async function verify({ kafka, registry, transfers }: VerifierOptions): Promise<Verdict> {
  const reader = new TopicReader(kafka)
  const avro = new AvroReader(registry)
  let hangingTransactions = 0

  async function recordsOf(topic: string): Promise<readonly TopicRecord[]> {
    const found: TopicRecord[] = []
    for (const { records, hanging } of await reader.read(topic)) {
      hangingTransactions += hanging.length
      for (const { key, value } of records) if (value !== null) found.push({ ...(await avro.read(value)), key: key?.toString() ?? '' })
    }
    return found
  }

  const topics = new Map<JudgedTopic, readonly TopicRecord[]>()
  for (const topic of JUDGED_TOPICS) topics.set(topic, await recordsOf(topic))
  const letters = await reader.read(DEAD_LETTERS)
  const deadLetters = letters.reduce((sum, { records }) => sum + records.length, 0)
  return judge({ recordsOf: (topic) => topics.get(topic) ?? [], hangingTransactions, deadLetters, transfers })
}
