import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openTaskState, Serdes, Stores, type Serde, type StoreSpec, type TaskState } from '../../../state/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import { FatalStreamsError } from '../../errors.ts'
import type { Topology } from '../../graph/index.ts'
import type { LogFields } from '../../ports.ts'
import { systemPorts } from '../../system-ports.ts'
import { override } from '../../testing/override.ts'
import { levelTaskStorages, memoryTaskStorages, type Streams, type TaskStorages } from '../index.ts'
import type { Application } from '../testing/application.ts'
import { openApplication } from '../testing/open-application.ts'
import { tasksIn } from '../testing/tasks-in.ts'

const TEXTS = { key: Serdes.string, value: Serdes.string }
const WINDOWS = { windowSizeMs: 1_000, retentionMs: 10_000 }
const unnamed: Serde<string> = { serialize: (value) => Buffer.from(value), deserialize: (bytes) => Buffer.from(bytes).toString() }

interface Warning {
  readonly message: string
  readonly fields: LogFields
}

/** A processor that opens a store and never reads it, so that only the engine can notice another layout. */
function storing(...stores: readonly StoreSpec[]): Topology {
  const builder = new StreamsBuilder()
  builder.stream('in', TEXTS).process(() => ({ process: () => undefined }), { name: 'storing', stores })
  return builder.build()
}

const open = (): Promise<Application> => openApplication({ topology: storing(), topics: ['in', 'out'] })

/** Runs an instance with this topology until it has opened its task and written a checkpoint. */
async function runOnce(app: Application, storages: TaskStorages, topology: Topology, openState?: typeof openTaskState): Promise<void> {
  const streams = await app.start('one', { topology, storages, ...(openState && { openState }) })
  await app.until(() => tasksIn(streams, 'running').length === 1)
  await streams.stop()
}

async function failureOf(app: Application, storages: TaskStorages, topology: Topology): Promise<unknown> {
  const streams = await app.start('one', { topology, storages })
  await app.until(() => streams.state === 'failed')
  await streams.stop()
  return streams.failure
}

function logged(): { readonly warnings: Warning[]; readonly ports: ReturnType<typeof systemPorts> } {
  const warnings: Warning[] = []
  const quiet = (): void => undefined
  const warn = (message: string, fields: LogFields = {}): void => void warnings.push({ message, fields })
  return { warnings, ports: systemPorts({ debug: quiet, info: quiet, warn, error: quiet }) }
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'bob-layouts-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

const ROWS = { name: 'rows', ...TEXTS }

describe('20.C12 A store that is there', () => {
  it.each<{ readonly what: string; readonly before: StoreSpec; readonly now: StoreSpec; readonly message: RegExp }>([
    {
      what: 'as another kind',
      before: Stores.keyValue(ROWS),
      now: Stores.window({ ...ROWS, ...WINDOWS }),
      message: /store rows: there is a store of kind key-value \(key string, value string\), and the topology wants window of 1000 ms/,
    },
    {
      what: 'with other settings on which its rows depend',
      before: Stores.window({ ...ROWS, ...WINDOWS }),
      now: Stores.window({ ...ROWS, ...WINDOWS, windowSizeMs: 2_000 }),
      message: /window of 1000 ms .* wants window of 2000 ms/,
    },
    {
      what: 'without timestamps',
      before: Stores.keyValue(ROWS),
      now: Stores.keyValue({ ...ROWS, timestamped: true }),
      message: /kind key-value .* wants timestamped key-value/,
    },
    {
      what: 'as a versioned one',
      before: Stores.versioned({ ...ROWS, historyMs: 1_000 }),
      now: Stores.timeOrdered(ROWS),
      message: /versioned with 1000 ms of history .* wants time-ordered buffer/,
    },
    {
      what: 'with another serde of its keys',
      before: Stores.keyValue(ROWS),
      now: Stores.keyValue({ ...ROWS, key: Serdes.long }),
      message: /key string, value string\), and the topology wants key-value \(key long, value string\)/,
    },
    {
      what: 'with another serde of its values, in memory only',
      before: Stores.keyValue({ ...ROWS, persistent: false }),
      now: Stores.keyValue({ ...ROWS, persistent: false, value: Serdes.double }),
      message: /wants key-value \(key string, value double\)/,
    },
  ])('$what fails the instance, which names it and says what to do, and is not wiped', async ({ before, now, message }) => {
    const app = await open()
    const storages = levelTaskStorages(await directory())
    await runOnce(app, storages, storing(before))
    for (const _ of ['first', 'second']) {
      const failure = await failureOf(app, storages, storing(now))
      expect(failure).toBeInstanceOf(FatalStreamsError)
      expect(String(failure)).toMatch(message)
      expect(String(failure)).toMatch(/Task 0_0 .* Give the new store another name; or reset it: .* the topic app-rows-changelog/)
    }
    await runOnce(app, storages, storing(before))
  })

  it('fails an instance that keeps only a standby of it', async () => {
    const app = await open()
    const [now, before] = [storing(Stores.window({ ...ROWS, ...WINDOWS })), storing(Stores.keyValue(ROWS))]
    const storages = memoryTaskStorages()
    await runOnce(app, storages, before)
    const owner = await app.start('two', { topology: now, standbys: 1 })
    await app.until(() => tasksIn(owner, 'running').length === 1)
    const standby = await app.start('one', { topology: now, storages, standbys: 1 })
    await app.until(() => standby.state === 'failed')
    expect(String(standby.failure)).toMatch(/store rows: there is a store of kind key-value/)
    await standby.stop()
  })

  it('with serdes that do not name their formats, or of before formats had names, is opened', async () => {
    const app = await open()
    const storages = memoryTaskStorages()
    await runOnce(app, storages, storing(Stores.keyValue({ ...ROWS, value: unnamed })))
    await runOnce(app, storages, storing(Stores.keyValue(ROWS)))
  })

  it('of before layouts were stored gets one at its first start', async () => {
    const app = await open()
    const storages = memoryTaskStorages()
    /** Writes checkpoints without layouts, as versions before did. */
    const formerly: typeof openTaskState = async (options) => {
      const state: TaskState = await openTaskState(options)
      return override(state, {
        commit: (positions, checkpoint) => {
          if (checkpoint === undefined) return state.commit(positions)
          const { layouts: _, ...others } = JSON.parse(checkpoint) as { readonly layouts: unknown }
          return state.commit(positions, JSON.stringify(others))
        },
      })
    }
    await runOnce(app, storages, storing(Stores.keyValue(ROWS)), formerly)
    await runOnce(app, storages, storing(Stores.keyValue(ROWS)))
    expect(String(await failureOf(app, storages, storing(Stores.keyValue({ ...ROWS, key: Serdes.long }))))).toMatch(/store rows/)
  })
})

describe('20.C12 A renamed store', () => {
  it('leaves rows and a changelog, which the next start names', async () => {
    const app = await open()
    const storages = memoryTaskStorages()
    const { warnings, ports } = logged()
    const run = async (topology: Topology): Promise<readonly Warning[]> => {
      warnings.splice(0)
      const streams: Streams = await app.start('one', { topology, storages, ports })
      await app.until(() => tasksIn(streams, 'running').length === 1)
      await streams.stop()
      return warnings.filter(({ fields }) => fields.code === 'leftover-state')
    }
    expect(await run(storing(Stores.keyValue(ROWS)))).toEqual([])
    const [topics, stores, ...others] = await run(storing(Stores.keyValue({ ...ROWS, name: 'renamed' })))
    expect(topics?.fields['topics']).toEqual(['app-rows-changelog'])
    expect(stores?.fields).toMatchObject({ task: '0_0', stores: ['rows'] })
    expect(others).toEqual([])
  })
})
