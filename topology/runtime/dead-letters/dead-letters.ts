import {
  createRecordBatchBuilder,
  DEFAULT_RECORD_LIMITS,
  RecordCheck,
  type Broker,
  type Header,
  type RecordBatch,
} from '../../broker/index.ts'
import { deadLetterTopic } from '../../topics/index.ts'

/**
 * A record that could not be read or processed, or a later record of its parked key. Key, value, timestamp and headers are the original's, byte for
 * byte; origin, reason, time and place are headers after the original's own.
 */
export interface DeadLetter {
  /** Partition and offset in the dead-letter topic. */
  readonly partition: number
  readonly offset: number
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number }
  readonly reason: string
  /** The node that threw, the task, and the stack of the error; undefined where no error was thrown. */
  readonly operator?: string | undefined
  readonly task?: string | undefined
  readonly stack?: string | undefined
  /** When it became a dead letter, milliseconds since the epoch. */
  readonly time: number
  /** Its place among the letters of its key; undefined for a record without a key. */
  readonly place: LetterPlace | undefined
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestamp: number
  /** The original's headers. */
  readonly headers: readonly Header[]
}

/** `episode`: origin offset of the letter that parked the key. `sequence`: the letter's number since then, from 0. */
export interface LetterPlace {
  readonly episode: number
  readonly sequence: number
}

/** Header of a redriven record: its place, and whether it is discarded instead of processed. */
export interface RedriveMark extends LetterPlace {
  readonly discard: boolean
}

const PREFIX = 'dead-letter.'
const MARK = `${PREFIX}redriven`

/** The group whose committed offsets say up to where the letters have been redriven. */
export function redriveGroup(applicationId: string): string {
  return `${applicationId}-redrive`
}

type LetterFields = 'origin' | 'reason' | 'operator' | 'task' | 'stack' | 'time' | 'place' | 'headers'

export function letterHeaders(letter: Pick<DeadLetter, LetterFields>): readonly Header[] {
  const { origin, reason, operator, task, stack, time, place } = letter
  const fields = Object.entries({ reason, ...origin, time, ...place, operator, task, stack }).filter(([, value]) => value !== undefined)
  return [...letter.headers, ...fields.map(([name, value]) => ({ key: PREFIX + name, value: Buffer.from(String(value), 'utf8') }))]
}

const SHORT_TEXT = 200

/** From the whole letter to what a redrive needs: without most of the stack, without it, without everything optional. */
const SHORTER: readonly ((letter: Pick<DeadLetter, LetterFields>) => Pick<DeadLetter, LetterFields>)[] = [
  (letter) => letter,
  (letter) => ({ ...letter, stack: letter.stack?.slice(0, SHORT_TEXT) }),
  (letter) => ({ ...letter, stack: undefined, reason: letter.reason.slice(0, SHORT_TEXT) }),
  (letter) => ({ ...letter, stack: undefined, operator: undefined, task: undefined, reason: '' }),
]

/** The letter's headers, shortened as far as they must be to fit: a record that is nearly as large as a topic takes still becomes a dead letter. */
export function letterHeadersThat(fit: (headers: readonly Header[]) => boolean, letter: Pick<DeadLetter, LetterFields>): readonly Header[] {
  let headers: readonly Header[] = []
  for (const shortened of SHORTER) {
    headers = letterHeaders(shortened(letter))
    if (fit(headers)) break
  }
  return headers
}

export function redriveHeaders(letter: DeadLetter, discard: boolean): readonly Header[] {
  if (letter.place === undefined) return letter.headers
  const mark: RedriveMark = { ...letter.place, discard }
  return [...letter.headers, { key: MARK, value: Buffer.from(JSON.stringify(mark), 'utf8') }]
}

/** The mark of a redriven record. Undefined also for a malformed one, because every producer of the topic can write that header. */
export function redriveMark(headers: readonly Header[]): RedriveMark | undefined {
  const text = textOf(headers, MARK)
  if (text === undefined) return undefined
  try {
    const mark = JSON.parse(text) as Partial<Record<keyof RedriveMark, unknown>>
    return isRedriveMark(mark) ? mark : undefined
  } catch {
    return undefined
  }
}

function isRedriveMark(mark: Partial<Record<keyof RedriveMark, unknown>>): mark is RedriveMark {
  return Number.isSafeInteger(mark.episode) && Number.isSafeInteger(mark.sequence) && typeof mark.discard === 'boolean'
}

/** The reason of a letter whose bytes cannot be deserialized. */
function cannotBeRead(cause: string): string {
  return `cannot be read: ${cause}`
}

/** A record's headers without those that the engine added. */
export function ownHeaders(headers: readonly Header[] = []): readonly Header[] {
  return headers.filter(({ key }) => !key.startsWith(PREFIX))
}

/** A record that a reader outside the topology cannot read. */
export type Unreadable = Omit<DeadLetter, 'partition' | 'offset' | 'place' | 'time'>

/**
 * Makes a dead letter of a record that no task reads. The same transaction commits the reader's offset after it, so that a reader that restarts
 * writes no second letter. Throws what a producer throws.
 */
export async function writeDeadLetter(
  options: {
    readonly broker: Broker
    readonly applicationId: string
    readonly groupId: string
    readonly time: number
    readonly transactionTimeoutMs?: number
  },
  record: Unreadable,
): Promise<void> {
  const { broker, applicationId, groupId, time, transactionTimeoutMs } = options
  const { key, value, timestamp, origin } = record
  const producer = await broker.openProducer({
    transactionalId: groupId,
    ...(transactionTimeoutMs !== undefined && { transactionTimeoutMs }),
  })
  try {
    const topic = deadLetterTopic(applicationId)
    const [description] = await broker.admin.describeTopics([topic])
    const check = new RecordCheck(topic, description?.limits ?? DEFAULT_RECORD_LIMITS, () => time)
    const letter = { ...record, reason: cannotBeRead(record.reason), headers: ownHeaders(record.headers), place: undefined, time }
    const headers = letterHeadersThat((candidates) => check.fits(key, value, candidates), letter)
    check.assertFits(key, value, headers)
    const batch = createRecordBatchBuilder()
    batch.append(key, value, timestamp, headers)
    await producer.send(topic, 0, batch)
    await producer.sendOffsets({ groupId, memberId: '', generation: -1 }, [{ ...origin, offset: origin.offset + 1 }])
    await producer.commit()
  } finally {
    await producer.close()
  }
}

/** All letters that have not been redriven, by partition, then by offset. */
export async function readDeadLetters(broker: Broker, applicationId: string): Promise<readonly DeadLetter[]> {
  const topic = deadLetterTopic(applicationId)
  const [description] = await broker.admin.describeTopics([topic], { withoutConfig: true })
  if (description === undefined) return []
  const partitions = Array.from({ length: description.partitions }, (_, partition) => ({ topic, partition }))
  const starts = await broker.admin.listOffsets(partitions, 'earliest')
  const ends = await broker.admin.listOffsets(partitions, 'latest')
  const redriven = await broker.groups.committedOffsets(redriveGroup(applicationId), partitions)
  const offsetIn = (offsets: typeof starts, partition: number): number =>
    offsets.find((candidate) => candidate.partition === partition)?.offset ?? 0
  const letters: DeadLetter[] = []
  const fetcher = broker.openFetcher()
  try {
    for (const { partition } of partitions) {
      const end = offsetIn(ends, partition)
      for (let offset = Math.max(offsetIn(starts, partition), offsetIn(redriven, partition)); offset < end;) {
        const [fetched] = await fetcher.fetch([{ topic, partition, offset }], { maxWaitMs: 0 })
        if (fetched === undefined) break
        for (const batch of fetched.batches)
          while (batch.next()) if (batch.offset >= offset) letters.push(letterOf(topic, partition, batch))
        offset = fetched.nextOffset
      }
    }
  } finally {
    await fetcher.close()
  }
  return letters
}

function letterOf(topic: string, partition: number, batch: RecordBatch): DeadLetter {
  const { headers, offset, timestamp, key, value } = batch
  const field = (name: string): string | undefined => textOf(headers, PREFIX + name)
  const originTopic = field('topic')
  const episode = field('episode')
  const content = { partition, offset, key, value, timestamp, headers: ownHeaders(headers) }
  // Another producer wrote it to the dead-letter topic: there is no origin to send it back to.
  if (originTopic === undefined)
    return {
      ...content,
      origin: { topic, partition, offset },
      reason: cannotBeRead('not a dead letter'),
      time: timestamp,
      place: undefined,
    }
  return {
    ...content,
    origin: { topic: originTopic, partition: Number(field('partition')), offset: Number(field('offset')) },
    reason: field('reason') ?? '',
    operator: field('operator'),
    task: field('task'),
    stack: field('stack'),
    time: Number(field('time')),
    place: episode === undefined ? undefined : { episode: Number(episode), sequence: Number(field('sequence')) },
  }
}

function textOf(headers: readonly Header[], name: string): string | undefined {
  const value = headers.find(({ key }) => key === name)?.value
  return value === undefined || value === null ? undefined : Buffer.from(value).toString('utf8')
}
