import { createRecordBatchBuilder, type Broker, type Header, type RecordBatch } from '../../broker/index.ts'
import { deadLetterTopic } from '../../topics/index.ts'

/**
 * A record that could not be worked on, or that came behind such a one of the same key. Key, value and timestamp are those of
 * the original, byte by byte; where it came from and why it is here stands in headers behind the original's own.
 */
export interface DeadLetter {
  /** Its place in the dead-letter topic. */
  readonly partition: number
  readonly offset: number
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number }
  readonly reason: string
  /** When it was put here, milliseconds since the epoch. */
  readonly time: number
  /** Its place among the letters of its key; a record without a key has none. */
  readonly place: LetterPlace | undefined
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestamp: number
  /** The original's own headers. */
  readonly headers: readonly Header[]
}

/** `episode`: the offset of the key's first letter since it was last free. `sequence`: 0 for that one, ascending by one. */
export interface LetterPlace {
  readonly episode: number
  readonly sequence: number
}

/** What a redriven record bears: its place, and whether it is only to be taken off the list. */
export interface RedriveMark extends LetterPlace {
  readonly discard: boolean
}

const PREFIX = 'dead-letter.'
const MARK = `${PREFIX}redriven`

/** The group whose offsets say how far the letters have been redriven. */
export function redriveGroup(applicationId: string): string {
  return `${applicationId}-redrive`
}

export function letterHeaders(letter: Pick<DeadLetter, 'origin' | 'reason' | 'time' | 'place' | 'headers'>): readonly Header[] {
  const { origin, reason, time, place } = letter
  const fields = Object.entries({ reason, ...origin, time, ...place })
  return [...letter.headers, ...fields.map(([name, value]) => ({ key: PREFIX + name, value: Buffer.from(String(value), 'utf8') }))]
}

export function redriveHeaders(letter: DeadLetter, discard: boolean): readonly Header[] {
  if (letter.place === undefined) return letter.headers
  const mark: RedriveMark = { ...letter.place, discard }
  return [...letter.headers, { key: MARK, value: Buffer.from(JSON.stringify(mark), 'utf8') }]
}

/** The mark of a redriven record, if it is one. Whoever writes to a topic can write headers too: what makes no sense is no mark. */
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

/** The reason of a letter whose bytes say nothing. */
export function cannotBeRead(why: string): string {
  return `cannot be read: ${why}`
}

/** The headers that a record had before the engine added its own. */
export function ownHeaders(headers: readonly Header[] = []): readonly Header[] {
  return headers.filter(({ key }) => !key.startsWith(PREFIX))
}

/** What somebody outside of the topology found that he cannot read. */
export type Unreadable = Omit<DeadLetter, 'partition' | 'offset' | 'place' | 'time'>

/**
 * Makes a dead letter of a record that no processor reads, and moves the finder's group past it, in one transaction: found
 * again after a crash, it is no second letter. Throws what a producer throws.
 */
export async function buryUnreadable(
  options: { readonly broker: Broker; readonly applicationId: string; readonly groupId: string; readonly time: number },
  found: Unreadable,
): Promise<void> {
  const { broker, applicationId, groupId, time } = options
  const { key, value, timestamp, origin } = found
  const producer = await broker.openProducer({ transactionalId: groupId })
  try {
    const batch = createRecordBatchBuilder()
    batch.append(
      key,
      value,
      timestamp,
      letterHeaders({
        ...found,
        reason: cannotBeRead(found.reason),
        headers: ownHeaders(found.headers),
        place: undefined,
        time,
      }),
    )
    await producer.send(deadLetterTopic(applicationId), 0, batch)
    await producer.sendOffsets({ groupId, memberId: '', generation: -1 }, [{ ...origin, offset: origin.offset + 1 }])
    await producer.commit()
  } finally {
    await producer.close()
  }
}

/** All letters that wait, partition by partition, in the order in which they came. */
export async function readDeadLetters(broker: Broker, applicationId: string): Promise<readonly DeadLetter[]> {
  const topic = deadLetterTopic(applicationId)
  const [description] = await broker.admin.describeTopics([topic])
  if (description === undefined) return []
  const partitions = Array.from({ length: description.partitions }, (_, partition) => ({ topic, partition }))
  const starts = await broker.admin.listOffsets(partitions, 'earliest')
  const ends = await broker.admin.listOffsets(partitions, 'latest')
  const redriven = await broker.groups.committedOffsets(redriveGroup(applicationId), partitions)
  const offsetIn = (offsets: typeof starts, partition: number): number => offsets.find((one) => one.partition === partition)?.offset ?? 0
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
  const from = field('topic')
  const episode = field('episode')
  const content = { partition, offset, key, value, timestamp, headers: ownHeaders(headers) }
  // Somebody else wrote it here: it comes from nowhere else, and there is nowhere to send it back to.
  if (from === undefined)
    return {
      ...content,
      origin: { topic, partition, offset },
      reason: cannotBeRead('it is no dead letter'),
      time: timestamp,
      place: undefined,
    }
  return {
    ...content,
    origin: { topic: from, partition: Number(field('partition')), offset: Number(field('offset')) },
    reason: field('reason') ?? '',
    time: Number(field('time')),
    place: episode === undefined ? undefined : { episode: Number(episode), sequence: Number(field('sequence')) },
  }
}

function textOf(headers: readonly Header[], name: string): string | undefined {
  const value = headers.find(({ key }) => key === name)?.value
  return value === undefined || value === null ? undefined : Buffer.from(value).toString('utf8')
}
