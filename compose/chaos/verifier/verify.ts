import { AvroReader } from './avro-reader.ts'
import { judge, JUDGED_TOPICS, type JudgedTopic, type KnownTransfer, type Placed, type Verdict } from './judge.ts'
import { TopicReader } from './topic-reader.ts'

export interface VerifierOptions {
  /** Of one broker. */
  readonly kafka: string
  /** Of the registry's API. */
  readonly registry: string
  readonly transfers: readonly KnownTransfer[]
}

const DEAD_LETTERS = 'bank-dead-letters'

/**
 * Reads what lies in Kafka at rest, and judges it by the bank's rules. It takes nothing from the bank's or the engine's code but names of
 * topics and records.
 */
export async function verify({ kafka, registry, transfers }: VerifierOptions): Promise<Verdict> {
  const reader = new TopicReader(kafka)
  const avro = new AvroReader(registry)
  let hangingTransactions = 0

  async function recordsOf(topic: string): Promise<readonly Placed[]> {
    const placed: Placed[] = []
    for (const { records, hanging } of await reader.read(topic)) {
      hangingTransactions += hanging.length
      for (const { key, value } of records) if (value !== null) placed.push({ ...(await avro.read(value)), key: key?.toString() ?? '' })
    }
    return placed
  }

  const topics = new Map<JudgedTopic, readonly Placed[]>()
  for (const topic of JUDGED_TOPICS) topics.set(topic, await recordsOf(topic))
  const letters = await reader.read(DEAD_LETTERS)
  const deadLetters = letters.reduce((sum, { records }) => sum + records.length, 0)
  return judge({ recordsOf: (topic) => topics.get(topic) ?? [], hangingTransactions, deadLetters, transfers })
}
