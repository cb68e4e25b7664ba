import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLevelStorage } from '../../../state/index.ts'
import { FatalBrokerError, FencedError } from '../errors.ts'
import { describeBrokerContract } from '../testing/broker.contract.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { produce, valuesOf } from '../testing/records.ts'
import { EmbeddedBroker } from './embedded-broker.ts'

const T0 = { topic: 't', partition: 0 }
const T1 = { topic: 't', partition: 1 }

function openAt(directory: string, ports = manualPorts()): Promise<EmbeddedBroker> {
  return EmbeddedBroker.open({ storage: () => openLevelStorage({ directory }), ports, cacheBytes: 4096, compactionMinBytes: 2_000 })
}

describeBrokerContract('the embedded broker on LevelDB', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'broker-'))
  const ports = manualPorts()
  const broker = await openAt(directory, ports)
  return {
    broker,
    advance: ports.advance,
    close: async () => {
      await broker.close()
      await rm(directory, { recursive: true })
    },
  }
})

describe('the embedded broker on disk', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'broker-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('keeps records, offsets, topics and epochs across a restart', async () => {
    const before = await openAt(directory)
    await before.admin.createTopics([{ name: 't', partitions: 2, config: { 'cleanup.policy': 'compact' } }])
    const producer = await before.openProducer({ transactionalId: 'p' })
    for (let i = 0; i < 50; i++) await produce(producer, i % 2 === 0 ? T0 : T1, `v${i}`)
    await before.admin.alterOffsets('g', [{ ...T0, offset: 9 }])
    const described = await before.admin.describeTopics()
    const latest = await before.admin.listOffsets([T0, T1], 'latest')
    await before.close()

    const after = await openAt(directory)
    expect(await after.admin.describeTopics()).toEqual(described)
    expect(await after.admin.listOffsets([T0, T1], 'latest')).toEqual(latest)
    expect((await valuesOf(after, T0)).length + (await valuesOf(after, T1)).length).toBe(50)
    expect(await after.groups.committedOffsets('g', [T0])).toEqual([{ ...T0, offset: 9 }])
    const [first, second] = [await after.openProducer({ transactionalId: 'p' }), await after.openProducer({ transactionalId: 'p' })]
    await expect(produce(first, T0, 'x')).rejects.toBeInstanceOf(FencedError)
    await produce(second, T0, 'next')
    expect((await valuesOf(after, T0)).at(-1)).toBe('next')
    await after.close()
  })

  it('rejects a directory that is in use, in one sentence', async () => {
    const broker = await openAt(directory)
    await expect(openAt(directory)).rejects.toThrow(FatalBrokerError)
    await expect(openAt(directory)).rejects.toThrow(/^[^\n]{20,200}$/)
    await broker.admin.createTopics([{ name: 't', partitions: 1 }])
    await broker.close()
  })

  it('rejects damaged data with advice, at opening or at reading, and deletes nothing', async () => {
    const broker = await openAt(directory)
    await broker.admin.createTopics([{ name: 't', partitions: 2 }])
    const producer = await broker.openProducer({ transactionalId: 'p' })
    for (let i = 0; i < 200; i++) await produce(producer, T0, `value ${i} ${'x'.repeat(300)}`)
    await broker.close()
    const files = (await readdir(directory)).filter((name) => /\.(log|ldb)$/.test(name))
    const damaged = join(directory, files.sort()[0] ?? '')
    const original = await readFile(damaged)
    expect(original.length).toBeGreaterThan(40_000)
    for (const at of [10_000, 20_000, 40_000]) {
      const flipped = Buffer.from(original)
      flipped.writeUInt8(flipped.readUInt8(at) ^ 0x55, at)
      await writeFile(damaged, flipped)
      const failure = await readEverything(directory).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(FatalBrokerError)
      expect(String(failure)).toMatch(/copy of the data directory/)
    }
  })

  it('loses no acknowledged transaction when its process is killed, and shows none in part', { timeout: 60_000 }, async () => {
    const acknowledged: string[] = []
    for (let run = 0; run < 4; run++) acknowledged.push(...(await acknowledgedUntilKilled(directory, run, 40 + 25 * run)))
    const broker = await openAt(directory)
    const [first, second] = [await valuesOf(broker, T0), await valuesOf(broker, T1)]
    expect(new Set(first)).toEqual(new Set(second))
    expect(new Set(first).size).toBe(first.length)
    expect(acknowledged.filter((value) => !first.includes(value))).toEqual([])
    for (const worker of [0, 1, 2]) {
      const last = Number(
        first
          .filter((value) => value?.startsWith(`3-${worker}-`))
          .at(-1)
          ?.split('-')[2],
      )
      const [committed] = await broker.groups.committedOffsets(`g${worker}`, [T0])
      expect(committed?.offset).toBe(last)
    }
    await broker.close()
  })
})

async function readEverything(directory: string): Promise<void> {
  const broker = await openAt(directory)
  try {
    await valuesOf(broker, T0)
  } finally {
    await broker.close()
  }
}

/** Runs a process until it has acknowledged `count` transactions, then kills it with SIGKILL. */
function acknowledgedUntilKilled(directory: string, run: number, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const script = join(import.meta.dirname, '../testing/acknowledging-producer.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', script, directory, String(run)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
      if (output.split('\n').length > count) child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('close', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error('The producing process ended before it was killed.'))
      else resolve(output.split('\n').slice(0, -1))
    })
  })
}
