import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'
import { memoryTaskStorages } from '../index.ts'
import { Application, type Row } from '../testing/application.ts'
import { tasksIn } from '../testing/tasks-in.ts'

const PARTITIONS = 4
let app: Application

beforeEach(async () => {
  app = await Application.open({ topology: countingWords(), topics: ['in', 'out'], partitions: PARTITIONS })
})

afterEach(() => app.close())

/** Counts words after a repartition topic: two sub-topologies. */
function countingWords(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key: Serdes.string, value: Serdes.string })
    .peek((value) => {
      if (value === 'poison') throw new Error('cannot swallow this')
    })
    .groupBy((value) => String(value), { name: 'by-word', key: Serdes.string })
    .count({ name: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to('out', { key: Serdes.string, value: Serdes.string })
  return builder.build()
}

const send = (...words: readonly string[]): Promise<unknown> => app.send('in', ...words.map((word) => [word, word] as const))

const countsOf = (rows: readonly Row[], word: string): (string | null)[] => rows.filter(({ key }) => key === word).map(({ value }) => value)

const upTo = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at + 1))

describe('An application of several instances', () => {
  it('counts each record once, through a repartition topic', async () => {
    await app.start('one')
    await send('a', 'b', 'a', 'c', 'a')
    const rows = await app.rows('out', 5)
    expect(countsOf(rows, 'a')).toEqual(upTo(3))
    expect(countsOf(rows, 'b')).toEqual(upTo(1))
  })

  it('divides the tasks, and keeps counting when an instance is added, stopped and killed', async () => {
    const one = await app.start('one')
    const words = upTo(8)
    const expectCounts = async (rounds: number): Promise<void> => {
      const rows = await app.rows('out', rounds * words.length)
      for (const word of words) expect(countsOf(rows, word)).toEqual(upTo(rounds))
    }
    await send(...words)
    await expectCounts(1)
    const two = await app.start('two')
    const three = await app.start('three')
    const running = (): number[] => [one, two, three].map((streams) => tasksIn(streams, 'running').length).toSorted()
    await app.until(() => running().join() === '2,3,3')
    await send(...words)
    await expectCounts(2)
    await two.stop()
    await send(...words)
    await expectCounts(3)
    await one.kill()
    await send(...words)
    await expectCounts(4)
  })

  it('continues where it stopped, and restores nothing that its disk holds', async () => {
    const storages = memoryTaskStorages()
    const first = await app.start('one', { storages })
    await send('a', 'a')
    await app.rows('out', 2)
    await first.stop()
    const second = await app.start('one', { storages })
    await send('a')
    expect(countsOf(await app.rows('out', 3), 'a')).toEqual(upTo(3))
    expect(second.tasks().reduce((sum, { restored }) => sum + restored, 0)).toBe(0)
  })

  it('restores from the changelog when its disk is empty', async () => {
    const first = await app.start('one')
    await send('a', 'a')
    await app.rows('out', 2)
    await first.stop()
    await app.start('two')
    await send('a')
    expect(countsOf(await app.rows('out', 3), 'a')).toEqual(upTo(3))
  })

  it('sends a record that cannot be processed to the dead letters and continues with the others', async () => {
    await app.start('one')
    await send('a', 'poison', 'a', 'b')
    expect(countsOf(await app.rows('out', 3), 'a')).toEqual(upTo(2))
    const [letter, ...more] = await app.rows('app-dead-letters', 1)
    expect(more).toEqual([])
    expect(letter).toMatchObject({ key: 'poison', value: 'poison' })
    const reason = letter?.headers.find(({ key }) => key === 'dead-letter.reason')?.value
    expect(Buffer.from(reason ?? []).toString()).toBe('cannot be processed: cannot swallow this')
  })

  it('refuses to start when a source topic is missing', async () => {
    await app.broker.admin.deleteTopics(['in'])
    await expect(app.start('one')).rejects.toThrow(/Source topics are missing: in/)
  })

  it('fails with advice when its committed offset has been deleted from the input, and skips nothing', async () => {
    const one = await app.start('one')
    const [end] = await app.send('in', ['a', 'a'])
    if (end === undefined) throw new RangeError('nothing was sent')
    await app.rows('out', 1)
    await one.stop()
    await send('a', 'a')
    await app.broker.admin.deleteRecords([{ ...end, offset: end.offset + 2 }])
    const two = await app.start('two')
    await app.until(() => two.state === 'failed')
    expect(String(two.failure)).toMatch(/set the group's offsets/)
    expect(countsOf(await app.read('out'), 'a')).toEqual(upTo(1))
  })
})
