import { onTestFinished, describe, expect, it } from 'vitest'
import { Serdes } from '../../../../state/index.ts'
import { encodeConsumerSubscription, FatalBrokerError, type Broker, type GroupProtocol, type JoinAnswer } from '../../../broker/index.ts'
import { StreamsBuilder, tumbling, type KStream } from '../../../dsl/index.ts'
import { FatalStreamsError } from '../../../errors.ts'
import type { Topology } from '../../../graph/index.ts'
import type { LogFields } from '../../../ports.ts'
import { systemPorts } from '../../../system-ports.ts'
import { decodeAssignment, GROUP_PROTOCOL } from '../../assignment/index.ts'
import type { Streams } from '../../index.ts'
import { Application } from '../../testing/application.ts'
import { tasksIn } from '../../testing/tasks-in.ts'

const PARTITIONS = 4
const ALL = ['0_0', '0_1', '0_2', '0_3']
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const TEXTS = { key: Serdes.string, value: Serdes.string }

export interface MixedVersionsOptions {
  /** An empty broker. */
  open(): Promise<Broker>
  readonly sessionTimeoutMs: number
  /** How long a group may take to settle. */
  readonly settlesInMs: number
}

function topology(rest: (input: KStream<string, string | null>) => void): Topology {
  const builder = new StreamsBuilder()
  rest(builder.stream('in', TEXTS))
  return builder.build()
}

const counted = (input: KStream<string, string | null>): void =>
  input
    .groupByKey()
    .count({ name: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to('out', TEXTS)

const COUNTING = topology(counted)
const WITH_AUDIT = topology((input) => {
  input.filter((value) => value !== null, { name: 'present' }).to('audit', TEXTS)
  counted(input)
})
const PER_WINDOW = topology(
  (input) =>
    void input
      .groupByKey()
      .windowedBy(tumbling({ sizeMs: 60_000, graceMs: 0 }))
      .count({ name: 'counts' }),
)
const RENAMED = topology((input) => void input.groupByKey().count({ name: 'totals' }))

/** Instances of one application in different versions, in one group on any broker. */
export function describeMixedVersions(name: string, { open, sessionTimeoutMs, settlesInMs }: MixedVersionsOptions): void {
  const polling = { timeout: settlesInMs, interval: 20 }
  const times = { sessionTimeoutMs, heartbeatIntervalMs: Math.floor(sessionTimeoutMs / 20) }

  async function application(): Promise<Application> {
    const app = await Application.open({ topology: COUNTING, topics: ['in', 'out', 'audit'], partitions: PARTITIONS, broker: await open() })
    onTestFinished(() => app.close())
    return app
  }

  const start = (app: Application, instanceId: string, topology: Topology): Promise<Streams> =>
    app.start(instanceId, { ...times, topology })
  const send = (app: Application) => app.send('in', ...KEYS.map((key) => [key, 'x'] as const))
  const runningOn = async (...instances: readonly Streams[]): Promise<void> => {
    await expect.poll(() => instances.flatMap((instance) => tasksIn(instance, 'running')).toSorted(), polling).toEqual(ALL)
    await expect.poll(() => instances.map(({ state }) => state), polling).toEqual(instances.map(() => 'running'))
  }
  const countsOf = async (app: Application, key: string): Promise<(string | null)[]> =>
    (await app.read('out')).filter((row) => row.key === key).map(({ value }) => value)

  describe(`20.C12 instances with different topologies in one group, on ${name}`, { timeout: 3 * settlesInMs }, () => {
    it.each([
      {
        what: 'the kind of a store',
        other: PER_WINDOW,
        difference: /store counts: window of 60000 ms .* here, timestamped key-value .* there/,
      },
      {
        what: 'a renamed store',
        other: RENAMED,
        difference: /store totals of sub-topology 0 is only here; store counts of sub-topology 0 is only there/,
      },
    ])('refuse the one that joins with another $what: it fails with the differences, the others go on', async ({ other, difference }) => {
      const app = await application()
      const one = await start(app, 'one', COUNTING)
      await runningOn(one)
      await send(app)
      await app.broker.admin.createTopics([{ name: 'app-totals-changelog', partitions: PARTITIONS }]) // as `topics apply` does
      const two = await start(app, 'two', other)
      await expect.poll(() => two.state, polling).toBe('failed')
      expect(two.failure).toBeInstanceOf(FatalStreamsError)
      expect(String(two.failure)).toMatch(difference)
      expect(String(two.failure)).toMatch(/Group app refuses instance two.*stop all its instances/)
      expect(two.health().isHealthy).toBe(false)
      expect(tasksIn(two, 'running')).toEqual([])
      await send(app)
      await runningOn(one)
      await expect.poll(() => countsOf(app, 'a'), polling).toEqual(['1', '2'])
    })

    it('refuse the new one also when it was the leader and has restarted within its session', async () => {
      const app = await application()
      const one = await start(app, 'one', COUNTING)
      await runningOn(one)
      const two = await start(app, 'two', COUNTING)
      await runningOn(one, two)
      await one.kill()
      const again = await start(app, 'one', PER_WINDOW)
      await expect.poll(() => again.state, polling).toBe('failed')
      expect(String(again.failure)).toMatch(/store counts: window/)
      await again.stop()
      await runningOn(two)
      await send(app)
      await expect.poll(() => countsOf(app, 'a'), polling).toEqual(['1'])
    })

    it('move to a compatible topology one by one, and lose nothing', async () => {
      const app = await application()
      let [one, two] = [await start(app, 'one', COUNTING), await start(app, 'two', COUNTING)]
      await runningOn(one, two)
      await send(app)
      await one.stop()
      one = await start(app, 'one', WITH_AUDIT)
      await runningOn(one, two)
      await send(app)
      await two.kill()
      two = await start(app, 'two', WITH_AUDIT)
      await runningOn(one, two)
      await send(app)
      for (const key of KEYS) await expect.poll(() => countsOf(app, key), polling).toEqual(['1', '2', '3'])
      await expect.poll(async () => (await app.read('audit')).length, polling).toBeGreaterThanOrEqual(KEYS.length)
    })

    it('accept the new one once all of the old have stopped', async () => {
      const app = await application()
      const one = await start(app, 'one', COUNTING)
      await runningOn(one)
      await one.stop()
      const two = await start(app, 'two', RENAMED)
      await runningOn(two)
    })
  })

  /** A member that is not the engine's, as far as the coordinator can tell. */
  const foreignMember = (app: Application, protocol: GroupProtocol, metadata: Uint8Array, memberId = ''): Promise<JoinAnswer> =>
    app.broker.groups.join({ groupId: 'app', protocol, memberId, metadata, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 })

  describe(`20.C11 an instance, on ${name}`, { timeout: 3 * settlesInMs }, () => {
    it('fails with advice while the group has members of the protocol before, and then starts with the offsets that they committed', async () => {
      const app = await application()
      const ends = await send(app)
      await app.broker.admin.alterOffsets('app', ends)
      const before = await foreignMember(
        app,
        { type: 'bob', name: 'tasks' },
        Buffer.from('{"instanceId":"old","owned":[],"caughtUp":[],"round":0}'),
      )
      await app.broker.groups.sync({ ...before, groupId: 'app', assignments: new Map() })
      const one = await start(app, 'one', COUNTING)
      await expect.poll(() => one.state, polling).toBe('failed')
      expect(one.failure).toBeInstanceOf(FatalBrokerError)
      expect(String(one.failure)).toMatch(
        /INCONSISTENT_GROUP_PROTOCOL.*Stop all instances of the version before.*committed offsets and state stay valid/,
      )
      await one.stop()
      await app.broker.groups.heartbeat({ ...before, groupId: 'app' })
      await app.broker.groups.leave('app', before.memberId)
      const again = await start(app, 'one', COUNTING)
      await runningOn(again)
      await send(app)
      await expect.poll(() => countsOf(app, 'a'), polling).toEqual(['1'])
    })

    it.each([
      { what: 'no bytes', metadata: Buffer.alloc(0), reason: /^The subscription is not one of this engine/ },
      { what: 'foreign bytes', metadata: Buffer.from('hello'), reason: /^The subscription is not one of this engine/ },
      { what: 'another version', metadata: inVersion(99), reason: /^The subscription has version 99; this instance reads version 1/ },
    ])(
      'leads a group with a member whose subscription is $what: it names it, gives it no tasks, and goes on',
      async ({ metadata, reason }) => {
        const app = await application()
        const refusals: LogFields[] = []
        const quiet = (): void => undefined
        const error = (_: string, fields: LogFields = {}): void => void (fields.code === 'member-refused' && refusals.push(fields))
        const ports = systemPorts({ debug: quiet, info: quiet, warn: quiet, error })
        const one = await app.start('one', { ...times, ports })
        await runningOn(one)
        const foreign = await foreignMember(app, GROUP_PROTOCOL, metadata)
        const assignment = decodeAssignment(await app.broker.groups.sync({ ...foreign, groupId: 'app', assignments: new Map() }))
        expect(assignment).toMatchObject({ active: [], standby: [], refusal: [expect.stringMatching(reason)] })
        expect(refusals).toEqual([
          { code: 'member-refused', group: 'app', member: foreign.memberId, reasons: [expect.stringMatching(reason)] },
        ])
        await app.broker.groups.leave('app', foreign.memberId)
        await runningOn(one)
        await send(app)
        await expect.poll(() => countsOf(app, 'a'), polling).toEqual(['1'])
      },
    )
  })
}

function inVersion(version: number): Uint8Array {
  return encodeConsumerSubscription({ topics: ['in'], owned: [], userData: Buffer.from(JSON.stringify({ version })) })
}
