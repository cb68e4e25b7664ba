import { describe, expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { partitionOf } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { inProcessQueryTransport, StreamsObserver, totalLag, type PartitionLag } from '../index.ts'
import type { Application } from '../testing/application.ts'
import { counting } from '../testing/counting.ts'
import { openApplication } from '../testing/open-application.ts'

const open = (partitions = 2): Promise<Application> =>
  openApplication({ topology: counting(), topics: ['in', 'out'], partitions, manual: manualPorts() })

const observe = (app: Application): Promise<StreamsObserver> =>
  StreamsObserver.open({
    topology: counting(),
    applicationId: 'app',
    broker: app.broker,
    ports: app.ports,
    queryTransport: inProcessQueryTransport(),
  })

const caughtUp = (app: Application, of: { lag(): Promise<readonly PartitionLag[]> }): Promise<readonly PartitionLag[]> =>
  app.eventually(
    () => of.lag(),
    (lags) => totalLag(lags) === 0,
  )

describe('20.A2 The lag of an application', () => {
  it('counts what no member has processed, before the first one starts and after the last one has left', async () => {
    const app = await open()
    await app.send('in', ['a', 'x'], ['a', 'y'])
    const observer = await observe(app)
    const partition = partitionOf(Buffer.from('a'), 2)
    const before = await observer.lag()
    expect(totalLag(before)).toBe(before.find((one) => one.partition === partition)?.end)
    expect(totalLag(before)).toBeGreaterThanOrEqual(2)
    expect(before.every((one) => one.committed === undefined && one.owner === undefined)).toBe(true)
    const one = await app.start('one')
    await app.rows('out', 2)
    const done = await caughtUp(app, one)
    expect(totalLag(done)).toBe(0)
    expect(done.map(({ topic, task, owner }) => [topic, task, owner])).toEqual([
      ['in', '0_0', 'one'],
      ['in', '0_1', 'one'],
    ])
    await one.stop()
    await app.send('in', ['a', 'z'])
    const after = await observer.lag()
    expect(totalLag(after)).toBeGreaterThanOrEqual(1)
    expect(after.find((lag) => lag.partition === partition)?.committed).toBeGreaterThanOrEqual(2)
    await Promise.all([observer.close(), app.pass(1_000)])
  })

  it('is known to every instance for the tasks of all, whichever owns them', async () => {
    const app = await open()
    const one = await app.start('one')
    const two = await app.start('two')
    await app.until(() => one.tasks().length === 1 && two.tasks().length === 1 && two.owners.length === 2)
    await app.send('in', ['a', 'x'], ['b', 'x'], ['c', 'x'])
    await app.rows('out', 3)
    for (const streams of [one, two]) {
      const lags = await caughtUp(app, streams)
      expect(totalLag(lags)).toBe(0)
      expect(lags.map(({ owner }) => owner).toSorted()).toEqual(['one', 'two'])
    }
  })

  it('ends at the last stable offset, and neither waits for open transactions nor counts their records', async () => {
    const app = await open(1)
    const one = await app.start('one')
    await app.send('in', ['a', 'x'])
    await app.rows('out', 1)
    await caughtUp(app, one)
    const foreign = await app.broker.openProducer({ transactionalId: 'foreign', transactionTimeoutMs: 600_000 })
    await foreign.sendOffsets({ groupId: 'app', memberId: '', generation: -1 }, [{ topic: 'in', partition: 0, offset: 0 }])
    expect(totalLag(await one.lag())).toBe(0)
    await foreign.abort()
  })

  it('of a source that begins at the end counts from where its task began to read', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string, offsetReset: 'latest' })
      .filter(() => {
        throw new RangeError('nothing is committed')
      })
      .to('out', { key: Serdes.string, value: Serdes.string })
    const app = await openApplication({ topology: builder.build(), topics: ['in', 'out'], manual: manualPorts() })
    await app.send('in', ['a', 'before'])
    const one = await app.start('one', { errorHandlers: { process: 'park' } })
    await app.until(() => one.tasks()[0]?.state === 'running')
    const [lag] = await one.lag()
    expect(lag).toMatchObject({ topic: 'in', lag: 0 })
    expect(lag?.end).toBeGreaterThan(0)
  })

  it('starts at the log start, not at 0, where nothing was committed', async () => {
    const app = await open(1)
    const [end] = await app.send('in', ['a', 'x'], ['a', 'y'], ['a', 'z'])
    if (end === undefined) throw new RangeError('nothing was sent')
    await app.broker.admin.deleteRecords([{ ...end, offset: 2 }])
    const observer = await observe(app)
    const [lag] = await observer.lag()
    expect(lag?.lag).toBe((lag?.end ?? 0) - 2)
    await Promise.all([observer.close(), app.pass(1_000)])
  })

  it('rejects with the reason while the broker does not answer', async () => {
    const app = await open(1)
    const observer = await observe(app)
    await Promise.all([observer.close(), app.pass(1_000)])
    await app.broker.close()
    await expect(observer.lag()).rejects.toThrow(/closed/)
  })
})
