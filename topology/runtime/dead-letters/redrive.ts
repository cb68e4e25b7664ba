import { createRecordBatchBuilder, type Broker, type RecordBatchBuilder } from '../../broker/index.ts'
import { deadLetterTopic } from '../../topics/index.ts'
import { letterHeaders, redriveGroup, readDeadLetters, redriveHeaders, type DeadLetter } from './dead-letters.ts'

export interface RedriveOptions {
  readonly broker: Broker
  readonly applicationId: string
  /**
   * What becomes of a letter: back to where it came from, given up for good, or it stays. Default: all go back. A letter that
   * stays holds back the later ones of its key. One that came from nowhere else stays, or is given up.
   */
  readonly decide?: (letter: DeadLetter) => 'redrive' | 'discard' | 'keep'
}

export interface RedriveResult {
  readonly redriven: number
  readonly discarded: number
  readonly kept: number
}

/**
 * Sends dead letters back to their topics, in one transaction that also takes them out of the dead-letter topic. The letters
 * of a key are worked on in their old order, and records of the key that come meanwhile wait behind them: those are letters
 * again, so redrive until none is left.
 */
export async function redriveDeadLetters(options: RedriveOptions): Promise<RedriveResult> {
  const { broker, applicationId, decide = () => 'redrive' } = options
  const topic = deadLetterTopic(applicationId)
  const producer = await broker.openProducer({ transactionalId: `${applicationId}-redrive` })
  const result = { redriven: 0, discarded: 0, kept: 0 }
  try {
    const letters = await readDeadLetters(broker, applicationId)
    const batches = new Map<string, { readonly topic: string; readonly partition: number; readonly builder: RecordBatchBuilder }>()
    const batchOf = (to: { readonly topic: string; readonly partition: number }): RecordBatchBuilder => {
      const id = `${to.topic}-${to.partition}`
      const batch = batches.get(id) ?? { ...to, builder: createRecordBatchBuilder() }
      batches.set(id, batch)
      return batch.builder
    }
    for (const letter of letters.toSorted(bySequence)) {
      const wish = decide(letter)
      const decision = wish === 'redrive' && letter.origin.topic === topic ? 'keep' : wish
      if (decision === 'keep') {
        batchOf({ topic, partition: letter.partition }).append(letter.key, letter.value, letter.timestamp, letterHeaders(letter))
        result.kept++
      } else if (decision === 'redrive' || letter.place !== undefined) {
        const headers = redriveHeaders(letter, decision === 'discard')
        batchOf(letter.origin).append(letter.key, letter.value, letter.timestamp, headers)
      }
      if (decision === 'redrive') result.redriven++
      if (decision === 'discard') result.discarded++
    }
    for (const { topic: to, partition, builder } of batches.values()) await producer.send(to, partition, builder)
    const ends = endsOf(topic, letters)
    await producer.sendOffsets({ groupId: redriveGroup(applicationId), memberId: '', generation: -1 }, ends)
    await producer.commit()
    await broker.admin.deleteRecords(ends)
    return result
  } finally {
    await producer.close()
  }
}

/** Only letters of one key have an order among them; it is that of their numbers. */
function bySequence(a: DeadLetter, b: DeadLetter): number {
  return (a.place?.sequence ?? 0) - (b.place?.sequence ?? 0)
}

function endsOf(topic: string, letters: readonly DeadLetter[]): readonly { topic: string; partition: number; offset: number }[] {
  const ends = new Map<number, number>()
  for (const { partition, offset } of letters) ends.set(partition, offset + 1)
  return [...ends].map(([partition, offset]) => ({ topic, partition, offset }))
}
