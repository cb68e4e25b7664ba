import { DEFAULT_RECORD_LIMITS, RecordCheck, type Broker, type PartitionOffset } from '../../broker/index.ts'
import { deadLetterTopic } from '../../topics/index.ts'
import { OutputBuffer, type TopicRules } from '../commit/index.ts'
import { letterHeaders, redriveGroup, readDeadLetters, redriveHeaders, type DeadLetter } from './dead-letters.ts'

export interface RedriveOptions {
  readonly broker: Broker
  readonly applicationId: string
  /**
   * What happens to a letter: it goes back to its origin, is discarded, or stays. Default: all go back. A letter that stays holds back the later ones
   * of its key. A record that another producer wrote to the dead-letter topic has no origin: it is discarded or stays.
   */
  readonly decide?: (letter: DeadLetter) => 'redrive' | 'discard' | 'keep'
  /** As in `StreamsOptions`: when the brokers abort the transaction of a redrive that died. */
  readonly transactionTimeoutMs?: number
}

export interface RedriveResult {
  readonly redriven: number
  readonly discarded: number
  readonly kept: number
}

/**
 * Sends dead letters back to their topics, in one transaction that also commits past them in the dead-letter topic. The letters of a key are processed
 * in their old order. A letter that its origin no longer takes throws `RecordRefusedError`, and nothing is sent. Records of the key that arrive meanwhile become letters too: redrive until none is left.
 */
export async function redriveDeadLetters(options: RedriveOptions): Promise<RedriveResult> {
  const { broker, applicationId, decide = () => 'redrive', transactionTimeoutMs } = options
  const deadLetters = deadLetterTopic(applicationId)
  const producer = await broker.openProducer({
    transactionalId: `${applicationId}-redrive`,
    ...(transactionTimeoutMs !== undefined && { transactionTimeoutMs }),
  })
  const result = { redriven: 0, discarded: 0, kept: 0 }
  try {
    const letters = await readDeadLetters(broker, applicationId)
    const outputs = new OutputBuffer(await rulesOf(broker, [deadLetters, ...letters.map(({ origin }) => origin.topic)]))
    for (const letter of letters.toSorted(bySequence)) {
      const decided = decide(letter)
      const decision = decided === 'redrive' && letter.origin.topic === deadLetters ? 'keep' : decided
      if (decision === 'keep') {
        outputs.topic(deadLetters).append(letter.partition, letter.key, letter.value, letter.timestamp, letterHeaders(letter))
        result.kept++
      } else if (decision === 'redrive' || letter.place !== undefined) {
        const headers = redriveHeaders(letter, decision === 'discard')
        outputs.topic(letter.origin.topic).append(letter.origin.partition, letter.key, letter.value, letter.timestamp, headers)
      }
      if (decision === 'redrive') result.redriven++
      if (decision === 'discard') result.discarded++
    }
    for (const { topic, partition, builder } of outputs.batches()) await producer.send(topic, partition, builder)
    const ends = endsOf(deadLetters, letters)
    await producer.sendOffsets({ groupId: redriveGroup(applicationId), memberId: '', generation: -1 }, ends)
    await producer.commit()
    await broker.admin.deleteRecords(ends)
    return result
  } finally {
    await producer.close()
  }
}

/** Timestamps are left to the broker: letters are old. */
async function rulesOf(broker: Broker, topics: readonly string[]): Promise<TopicRules> {
  const described = await broker.admin.describeTopics([...new Set(topics)])
  const limits = new Map(described.map((topic) => [topic.name, topic.limits]))
  return {
    check: (topic) => new RecordCheck(topic, { ...(limits.get(topic) ?? DEFAULT_RECORD_LIMITS), timestampAfterMaxMs: Infinity }, () => 0),
    compressionOf: () => 'none',
  }
}

/** The order of the letters of one key; letters of different keys have none. */
function bySequence(a: DeadLetter, b: DeadLetter): number {
  return (a.place?.sequence ?? 0) - (b.place?.sequence ?? 0)
}

function endsOf(topic: string, letters: readonly DeadLetter[]): readonly PartitionOffset[] {
  const ends = new Map<number, number>()
  for (const { partition, offset } of letters) ends.set(partition, offset + 1)
  return [...ends].map(([partition, offset]) => ({ topic, partition, offset }))
}
