import { beforeEach, describe, expect, it } from 'vitest'
import { Serdes, type Serde } from '../../../state/index.ts'
import { createRecordBatchBuilder, type Header } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'
import { readDeadLetters, redriveDeadLetters, writeDeadLetter, type DeadLetter } from '../index.ts'
import type { Application } from '../testing/application.ts'
import { openApplication } from '../testing/open-application.ts'

const APPLICATION = 'app'
/** Values at which the processor throws. */
let poison = new Set<string>()

beforeEach(() => {
  poison = new Set()
})

const picky: Serde<string> = {
  serialize: (value) => Serdes.string.serialize(value),
  deserialize: (bytes) => {
    const value = Serdes.string.deserialize(bytes)
    if (value.startsWith('garbage')) throw new Error('unknown format')
    return value
  },
}

/** Concatenates the values of each key. */
function concatenating(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key: Serdes.string, value: picky })
    .groupByKey()
    .aggregate(
      () => '',
      (sum, value) => {
        if (poison.has(String(value))) throw new Error(`cannot take ${value}`)
        return sum + String(value)
      },
      { name: 'joined', value: Serdes.string },
    )
    .toStream()
    .to('out', { key: Serdes.string, value: Serdes.string })
  return builder.build()
}

function open(): Promise<Application> {
  return openApplication({ topology: concatenating(), topics: ['in', 'out'] })
}

const letters = (app: Application, count: number): Promise<readonly DeadLetter[]> =>
  app.eventually(
    () => readDeadLetters(app.broker, APPLICATION),
    (seen) => seen.length >= count,
  )
const values = (rows: readonly { value: Uint8Array | string | null }[]): string[] =>
  rows.map(({ value }) => (typeof value === 'string' ? value : Buffer.from(value ?? []).toString()))
const lastOf = async (app: Application, key: string, count: number): Promise<string | null | undefined> =>
  (await app.rows('out', count)).findLast((row) => row.key === key)?.value

/** As any producer with access to the topic can. */
async function write(app: Application, topic: string, key: string, value: string, headers: readonly Header[] = []): Promise<void> {
  const producer = await app.broker.openProducer({})
  const batch = createRecordBatchBuilder()
  batch.append(Buffer.from(key), Buffer.from(value), 1, headers)
  await producer.send(topic, 0, batch)
  await producer.commit()
}

describe('Dead letters', () => {
  it('keep key, value and timestamp, and state their reason and origin', async () => {
    const app = await open()
    await app.send('in', ['a', '1', 10], ['a', 'garbage', 11], ['b', '2', 12])
    await app.start('one')
    expect(values(await app.rows('out', 2))).toEqual(['1', '2'])
    const [letter] = await letters(app, 1)
    expect(letter).toMatchObject({
      origin: { topic: 'in', partition: 0, offset: 1 },
      reason: 'cannot be read: unknown format',
      place: { episode: 1, sequence: 0 },
      timestamp: 11,
    })
    expect(Buffer.from(letter?.key ?? []).toString()).toBe('a')
    expect(values(letter === undefined ? [] : [letter])).toEqual(['garbage'])
  })

  it('park their key: its later records become letters too, even after a restart', async () => {
    poison.add('2')
    const app = await open()
    const one = await app.start('one')
    await app.send('in', ['a', '1'], ['a', '2'], ['b', 'x'], ['a', '3'])
    expect(values(await letters(app, 2))).toEqual(['2', '3'])
    await one.stop()
    await app.start('two')
    await app.send('in', ['a', '4'], ['b', 'y'])
    expect(values(await letters(app, 3))).toEqual(['2', '3', '4'])
    expect(await lastOf(app, 'b', 3)).toBe('xy')
    expect(await lastOf(app, 'a', 3)).toBe('1')
  })

  it('are redriven in their old order, before the records that arrive meanwhile', async () => {
    poison.add('2')
    const app = await open()
    await app.start('one')
    await app.send('in', ['a', '1'], ['a', '2'], ['a', '3'])
    await letters(app, 2)
    poison.clear()
    expect(await redriveDeadLetters({ broker: app.broker, applicationId: APPLICATION })).toEqual({ redriven: 2, discarded: 0, kept: 0 })
    expect(await lastOf(app, 'a', 3)).toBe('123')
    await app.send('in', ['a', '4'])
    expect(await lastOf(app, 'a', 4)).toBe('1234')
    expect(await readDeadLetters(app.broker, APPLICATION)).toEqual([])
  })

  it('that fail again keep their place', async () => {
    poison.add('2')
    const app = await open()
    await app.start('one')
    await app.send('in', ['a', '1'], ['a', '2'], ['a', '3'])
    await letters(app, 2)
    await redriveDeadLetters({ broker: app.broker, applicationId: APPLICATION })
    await app.send('in', ['a', '4'])
    const failed = await letters(app, 3)
    expect(values(failed)).toEqual(['2', '3', '4'])
    expect(failed.map(({ place }) => place?.sequence)).toEqual([0, 1, 2])
    poison.clear()
    await redriveDeadLetters({ broker: app.broker, applicationId: APPLICATION })
    expect(await lastOf(app, 'a', 4)).toBe('1234')
  })

  it('can be discarded, which unparks their key', async () => {
    const app = await open()
    await app.start('one')
    await app.send('in', ['a', '1'], ['a', 'garbage'], ['a', '3'], ['c', 'garbage too'])
    await letters(app, 3)
    const decide = ({ reason, key }: DeadLetter) =>
      Buffer.from(key ?? []).toString() === 'c' ? 'keep' : reason.startsWith('cannot be read') ? 'discard' : 'redrive'
    expect(await redriveDeadLetters({ broker: app.broker, applicationId: APPLICATION, decide })).toEqual({
      redriven: 1,
      discarded: 1,
      kept: 1,
    })
    expect(await lastOf(app, 'a', 2)).toBe('13')
    expect(values(await readDeadLetters(app.broker, APPLICATION))).toEqual(['garbage too'])
    await app.send('in', ['c', 'x'])
    expect(values(await letters(app, 2))).toEqual(['garbage too', 'x'])
  })

  it('are not processed twice when a redrive is repeated', async () => {
    poison.add('2')
    const app = await open()
    const one = await app.start('one')
    await app.send('in', ['a', '1'], ['a', '2'])
    await letters(app, 1)
    poison.clear()
    await redriveDeadLetters({ broker: app.broker, applicationId: APPLICATION })
    expect(await lastOf(app, 'a', 2)).toBe('12')
    const [redriven] = (await app.read('in')).filter(({ headers }) => headers.length > 0)
    await write(app, 'in', 'a', '2', redriven?.headers)
    await app.send('in', ['a', '3'])
    expect(await lastOf(app, 'a', 3)).toBe('123')
    expect(one.tasks()[0]?.drops).toEqual({ 'redriven-before': 1 })
  })

  it.each(['no mark', 'null', '{}', '{"episode":0,"sequence":"0","discard":false}'])(
    'are not made of records with a malformed redrive mark: %s',
    async (mark) => {
      const app = await open()
      await app.start('one')
      await write(app, 'in', 'a', '1', [{ key: 'dead-letter.redriven', value: Buffer.from(mark) }])
      await app.send('in', ['a', '2'])
      expect(await lastOf(app, 'a', 2)).toBe('12')
      expect(await readDeadLetters(app.broker, APPLICATION)).toEqual([])
    },
  )

  it('that another producer wrote cannot be redriven, only kept or discarded', async () => {
    const app = await open()
    await app.start('one')
    await write(app, 'app-dead-letters', 'a', 'hello')
    const [foreign] = await letters(app, 1)
    expect(foreign).toMatchObject({ origin: { topic: 'app-dead-letters', partition: 0 }, reason: 'cannot be read: not a dead letter' })
    const redrive = { broker: app.broker, applicationId: APPLICATION }
    expect(await redriveDeadLetters(redrive)).toEqual({ redriven: 0, discarded: 0, kept: 1 })
    expect(await redriveDeadLetters({ ...redrive, decide: () => 'discard' })).toEqual({ redriven: 0, discarded: 1, kept: 0 })
    expect(await readDeadLetters(app.broker, APPLICATION)).toEqual([])
  })

  it('20.C15 are written and redriven in transactions as long as the caller says', async () => {
    const app = await open()
    const options = { broker: app.broker, applicationId: APPLICATION, transactionTimeoutMs: 900_001 }
    const refusal = /cannot have transactions of 900001 ms/
    await expect(redriveDeadLetters(options)).rejects.toThrow(refusal)
    const origin = { topic: 'in', partition: 0, offset: 0 }
    const record = { key: null, value: null, timestamp: 0, headers: [], reason: 'unknown codec', origin }
    await expect(writeDeadLetter({ ...options, groupId: 'reader', time: 0 }, record)).rejects.toThrow(refusal)
  })

  it('without a key park nothing', async () => {
    const app = await open()
    await app.start('one')
    await app.send('in', [null, 'garbage'], [null, 'x'], ['a', '1'])
    expect(values(await letters(app, 1))).toEqual(['garbage'])
    expect(await lastOf(app, 'a', 1)).toBe('1')
  })
})
