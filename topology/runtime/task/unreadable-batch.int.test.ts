import { crc32c } from '@node-rs/crc32'
import { describe, expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import { layout as at } from '../../broker/record-batch/index.ts'
import { RecordBatchBuilder, type SealOptions } from '../../broker/record-batch/record-batch-builder.ts'
import type { LogFields } from '../../ports.ts'
import type { Application } from '../testing/application.ts'
import { openApplication } from '../testing/open-application.ts'
import { tasksIn } from '../testing/tasks-in.ts'

const STRINGS = { key: Serdes.string, value: Serdes.string }

describe('20.B7 A task at a batch with an unknown codec', () => {
  it('commits what came before, waits, names it in log and health, and no other task waits', async () => {
    const builder = new StreamsBuilder()
    builder.stream('strange', STRINGS).to('out', STRINGS)
    builder.stream('other', STRINGS).to('out', STRINGS)
    const app = await openApplication({ topology: builder.build(), topics: ['strange', 'other', 'out'] })
    const warnings: (LogFields | undefined)[] = []
    const logger = { ...app.ports.logger, warn: (_: string, fields?: LogFields) => void warnings.push(fields) }
    await app.send('strange', ['a', 'before'])
    const unreadable = await sendUnreadable(app, 'strange')
    await app.send('strange', ['a', 'after'])
    const streams = await app.start('one', { ports: { ...app.ports, logger } })
    await app.send('other', ['b', 'elsewhere'])
    expect((await app.rows('out', 2)).map(({ value }) => value).sort()).toEqual(['before', 'elsewhere'])
    await expect.poll(() => streams.health().problems.join('\n')).toContain(`strange-0@${unreadable}`)
    expect(streams.health().problems.join('\n')).toMatch(/unknown codec 7.*Upgrade/)
    expect(streams.state).toBe('running')
    await expect.poll(() => warnings.find((fields) => fields?.code === 'task-waits')?.reason).toContain(`strange-0@${unreadable}`)
    await expect
      .poll(async () => (await app.broker.groups.committedOffsets('app', [{ topic: 'strange', partition: 0 }]))[0]?.offset)
      .toBe(unreadable)
    await app.send('other', ['b', 'again'])
    expect((await app.rows('out', 3)).map(({ value }) => value)).not.toContain('after')
  })

  it('commits what came before in both of its topics, and continues behind the batch once an operator has set the offset', async () => {
    const builder = new StreamsBuilder()
    builder.stream('strange', STRINGS).merge(builder.stream('other', STRINGS)).to('out', STRINGS)
    const app = await openApplication({ topology: builder.build(), topics: ['strange', 'other', 'out'] })
    await app.send('other', ['b', 'elsewhere', 1])
    await app.send('strange', ['a', 'before', 2])
    const unreadable = await sendUnreadable(app, 'strange')
    await app.send('strange', ['a', 'after', 3])
    const first = await app.start('one')
    await expect.poll(() => first.health().problems.join('\n')).toContain(`strange-0@${unreadable}`)
    expect((await app.rows('out', 2)).map(({ value }) => value).sort()).toEqual(['before', 'elsewhere'])
    await first.stop()
    await app.broker.admin.alterOffsets('app', [{ topic: 'strange', partition: 0, offset: unreadable + 1 }])
    const second = await app.start('two')
    expect((await app.rows('out', 3)).map(({ value }) => value)).toContain('after')
    expect(second.health().problems).toEqual([])
  })

  it('restores no store from it, and says so', async () => {
    const builder = new StreamsBuilder()
    builder.stream('in', STRINGS).groupByKey().count({ name: 'counts' })
    const app = await openApplication({ topology: builder.build(), topics: ['in'] })
    const first = await app.start('one')
    await app.send('in', ['a', '1'])
    await app.rows('app-counts-changelog', 1)
    await first.stop()
    const unreadable = await sendUnreadable(app, 'app-counts-changelog')
    const second = await app.start('two')
    await expect.poll(() => second.health().problems.join('\n')).toContain(`app-counts-changelog-0@${unreadable}`)
    expect(second.state).not.toBe('failed')
  })
})

describe('20.B7 A standby at a batch with an unknown codec in its changelog', () => {
  it('says so, and the standby of another partition goes on', async () => {
    const builder = new StreamsBuilder()
    builder.stream('in', STRINGS).groupByKey().count({ name: 'counts' })
    const app = await openApplication({ topology: builder.build(), topics: ['in'], partitions: 2 })
    const owner = await app.start('one', { standbys: 1 })
    await app.until(() => tasksIn(owner, 'running').length === 2)
    const warnings: (LogFields | undefined)[] = []
    const logger = { ...app.ports.logger, warn: (_: string, fields?: LogFields) => void warnings.push(fields) }
    const unreadable = await sendUnreadable(app, 'app-counts-changelog')
    const other = await app.start('two', { standbys: 1, ports: { ...app.ports, logger } })
    const warning = (): LogFields | undefined => warnings.find((fields) => fields?.code === 'standby-behind')
    await expect.poll(warning).toMatchObject({ task: '0_0', reason: expect.stringContaining(`app-counts-changelog-0@${unreadable}`) })
    await expect.poll(() => other.tasks().map(({ name, state }) => `${name} ${state}`)).toEqual(['0_1 running', '0_0 standby'])
    expect([owner.state, other.state]).toEqual(['running', 'running'])
  })
})

/** A record as a producer of the future writes it. Resolves with its offset. */
async function sendUnreadable(app: Application, topic: string): Promise<number> {
  const producer = await app.broker.openProducer({})
  const builder = new FutureBuilder()
  builder.append(Buffer.from('a'), Buffer.from('unreadable'), 2)
  await producer.send(topic, 0, builder)
  const [end] = await producer.commit()
  await producer.close()
  return (end?.offset ?? 0) - 1
}

class FutureBuilder extends RecordBatchBuilder {
  override seal(options: SealOptions): Buffer {
    const batch = super.seal(options)
    batch.writeInt16BE(batch.readInt16BE(at.ATTRIBUTES) | 7, at.ATTRIBUTES)
    batch.writeUInt32BE(crc32c(batch.subarray(at.ATTRIBUTES)), at.CHECKSUM)
    return batch
  }
}
